import { Command } from 'commander'
import { signFiles, type SealedFile, type SignResult } from '../client/sign/index.ts'
import { encodeHex, type JsonValue } from '../base/index.ts'
import { identityJson, sayMore, systemSignIo, watched, type Watched } from './sign-events.ts'
import { signPlanOf, type SignFlags } from './sign-flags.ts'
import { addServiceOptions, TOKEN_HELP } from './sign-options.ts'
import { settingsHere } from './settings.ts'
import { createTerminal, writeJson } from './terminal.ts'
import { originLines } from './verify-report.ts'

interface Options extends SignFlags {
  readonly json?: boolean
  readonly quiet?: boolean
}

const EXAMPLES = `${TOKEN_HELP}
A seal is the signature of a file with its certificate and log entry. Written
next to each file X: X.sigstore.json (bundle 0.3), X.sig and X.crt (as cosign 2
writes them). All of them are written, or none; those of an earlier call are
replaced.

Examples:
  wheelseal sign --signing-config trust/signing_config.json \\
    --trusted-root trust/trusted_root.json dist/*
  wheelseal sign --fulcio-url https://seal.example \\
    --rekor-url https://seal.example --no-legacy dist/*.whl
  wheelseal trust token --project acme/tools |
    wheelseal sign --identity-token-file - dist/*

Exit: 0 all are signed, 1 refused or failed, 2 wrong usage.`

export function command(): Command {
  const sign = new Command('sign')
    .description('Signs distributions with the identity of a pipeline, and logs the signatures.')
    .argument('<file...>', 'files')
  return addServiceOptions(sign)
    .option(
      '--tsa-url <url>',
      'URL of a timestamp authority with its path; without it there are no timestamps',
    )
    .option('--bundle-dir <dir>', 'folder for the seals (default: next to each file)')
    .option('--no-legacy', 'write bundles only, no .sig and .crt')
    .option('--json', 'print one JSON object (schemas/sign-output.schema.json)')
    .option('--quiet', 'print failures only')
    .addHelpText('after', EXAMPLES)
    .action(sealFiles)
}

async function sealFiles(files: readonly string[], options: Options): Promise<void> {
  const terminal = createTerminal(options)
  const quiet = options.quiet === true
  const settings = await settingsHere(process.env)
  const plan = signPlanOf(files, options, { env: process.env, settings })
  for (const line of originLines(plan.origins)) terminal.say(line)
  const signed = await watched({ terminal, quiet }, (events) => signFiles(plan, systemSignIo(), events))
  if (terminal.isJson) writeJson(resultJson(signed))
  else if (!quiet) for (const file of signed.result.files) terminal.result(sealedLine(file))
  sayMore(terminal, signed.result)
}

function sealedLine({ file, logIndex, seal }: SealedFile): string {
  return `${file} is signed, log index ${logIndex}: ${seal.join(', ')}`
}

/** schemas/sign-output.schema.json */
function resultJson({ result: { files, services, checked }, identity }: Watched<SignResult>): JsonValue {
  return {
    files: files.map(({ file, sha256, logIndex, seal }) => ({
      file,
      sha256: encodeHex(sha256),
      logIndex,
      seal: [...seal],
    })),
    services: { ...services },
    verified: checked === 'by the trust root',
    identity: identityJson(identity),
  }
}
