import { Command } from 'commander'
import { signFiles, type SealedFile, type SignResult } from '../app/sign/index.ts'
import { encodeHex, isoTime, type JsonValue } from '../base/index.ts'
import { systemEntropy } from '../host/index.ts'
import type { TokenIdentity } from '../sign/index.ts'
import { signPlanOf, type SignFlags } from './sign-flags.ts'
import { createTerminal, type Terminal } from './terminal.ts'
import { systemVerifyIo } from './verify-io.ts'

interface Options extends SignFlags {
  readonly json?: boolean
  readonly quiet?: boolean
}

const EXAMPLES = `
The id token is that of SIGSTORE_ID_TOKEN. A GitLab job has it with:
  id_tokens:
    SIGSTORE_ID_TOKEN:
      aud: sigstore

Beside each file X: X.sigstore.json (bundle 0.3), X.sig and X.crt (as cosign 2 writes them).
All of them are written, or none; those of an earlier call are replaced.

Examples:
  wheelseal sign --signing-config trust/signing_config.json --trusted-root trust/trusted_root.json dist/*
  wheelseal sign --fulcio-url https://seal.example --rekor-url https://seal.example --no-legacy dist/*.whl
  wheelseal trust token --project acme/tools | wheelseal sign --identity-token-file - dist/*

Exit: 0 all are signed, 1 refused or failed, 2 wrong usage.`

export function command(): Command {
  const sign = new Command('sign')
    .description('Signs distributions with the identity of a pipeline, and logs that it did.')
    .argument('<file...>', 'files')
    .option('--identity-token-file <file>', 'the id token in a file, - for standard input')
  return addServiceOptions(sign)
    .option('--trusted-root <file>', 'verify every seal by this trusted_root.json before anything is written')
    .option('--bundle-dir <dir>', 'write the seals there, and not beside their files')
    .option('--no-legacy', 'write bundles only, no .sig and .crt')
    .option('--json', 'print one object')
    .option('--quiet', 'print nothing but failures')
    .addHelpText('after', EXAMPLES)
    .action(sealFiles)
}

function addServiceOptions(sign: Command): Command {
  return sign
    .option('--fulcio-url <url>', 'the certificate authority')
    .option('--rekor-url <url>', 'the transparency log')
    .option('--tsa-url <url>', 'a timestamp authority, path included; none: no timestamps')
    .option('--signing-config <file>', 'signing_config.json with the addresses of all services')
}

async function sealFiles(files: readonly string[], options: Options): Promise<void> {
  const terminal = createTerminal(options)
  const io = { ...systemVerifyIo(process.env), entropy: systemEntropy, standardInput: () => process.stdin }
  const identities: TokenIdentity[] = []
  const result = await signFiles(signPlanOf(files, options, process.env), io, (identity) => {
    identities.push(identity)
    terminal.say(identityLine(identity))
  })
  report(result, identities, { ...options, terminal })
}

function identityLine({ issuer, project, ref, subject, expiresAtSeconds }: TokenIdentity): string {
  const who = project === undefined ? JSON.stringify(subject) : `project ${project}`
  const where = ref === undefined ? '' : `, ref ${ref}`
  return `the id token speaks for ${who}${where} of ${issuer ?? 'an unnamed issuer'}, until ${isoTime(expiresAtSeconds)}`
}

interface Reporting extends Options {
  readonly terminal: Terminal
}

function report(result: SignResult, identities: readonly TokenIdentity[], reporting: Reporting): void {
  const { terminal, quiet } = reporting
  if (terminal.isJson) terminal.result(JSON.stringify(resultJson(result, identities)))
  else if (quiet !== true) for (const file of result.files) terminal.result(sealedLine(file))
  if (result.leftOut.length > 0)
    terminal.say(`seals of other files, not signed: ${result.leftOut.join(', ')}`)
  if (result.checked === 'not by a trust root')
    terminal.say('not verified: add --trusted-root FILE, or set WHEELSEAL_TRUSTED_ROOT')
}

function sealedLine({ file, logIndex, seal }: SealedFile): string {
  return `${file} is signed, log index ${logIndex}: ${seal.join(', ')}`
}

function resultJson(
  { files, services, checked }: SignResult,
  [identity]: readonly TokenIdentity[],
): JsonValue {
  return {
    files: files.map(({ file, sha256, logIndex, seal }) => ({
      file,
      sha256: encodeHex(sha256),
      logIndex,
      seal: [...seal],
    })),
    services: { ...services },
    verified: checked === 'by the trust root',
    identity: { ...identity },
  }
}
