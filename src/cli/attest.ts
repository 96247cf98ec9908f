import { Command } from 'commander'
import { attestDistributions, type AttestResult, type WrittenAttestation } from '../client/sign/index.ts'
import { encodeHex, type JsonValue } from '../base/index.ts'
import { identityJson, sayMore, systemSignIo, watched, type Watched } from './sign-events.ts'
import { attestPlanOf, type AttestFlags } from './sign-flags.ts'
import { addServiceOptions, TOKEN_HELP } from './sign-options.ts'
import { settingsHere } from './settings.ts'
import { createTerminal, writeJson } from './terminal.ts'
import { originLines } from './verify-report.ts'

interface Options extends AttestFlags {
  readonly json?: boolean
  readonly quiet?: boolean
}

const EXAMPLES = `${TOKEN_HELP}
Written next to each file X: X.publish.attestation and X.slsa.attestation (PEP
740), which uv publish and twine upload --attestations find there. All of them
are written, or none; those of an earlier call are replaced.

Examples:
  wheelseal attest --signing-config trust/signing_config.json \\
    --trusted-root trust/trusted_root.json dist/*
  wheelseal attest --publish --provenance --fulcio-url https://seal.example \\
    --rekor-url https://seal.example dist/*.whl
  wheelseal verify --provenance demo-1.0.tar.gz.slsa.attestation \\
    --project acme/tools \\
    --certificate-oidc-issuer https://gitlab.example.com demo-1.0.tar.gz

Exit: 0 all are attested, 1 refused or failed, 2 wrong usage.`

export function command(): Command {
  const attest = new Command('attest')
    .description('Writes attestations for distributions: who published them, and which pipeline built them.')
    .argument('<file...>', 'wheels and sdists')
    .option('--publish', 'PEP 740 publish attestation (default)')
    .option('--provenance', 'SLSA provenance v1: the source and the job of the build')
  return addServiceOptions(attest)
    .option('--bundle-dir <dir>', 'folder for the attestations (default: next to each file)')
    .option('--json', 'print one JSON object (schemas/attest-output.schema.json)')
    .option('--quiet', 'print failures only')
    .addHelpText('after', EXAMPLES)
    .action(attestFiles)
}

async function attestFiles(files: readonly string[], options: Options): Promise<void> {
  const terminal = createTerminal(options)
  const quiet = options.quiet === true
  const settings = await settingsHere(process.env)
  const plan = attestPlanOf(files, options, { env: process.env, settings })
  for (const line of originLines(plan.origins)) terminal.say(line)
  if (options.publish !== true && options.provenance !== true)
    terminal.say('publish attestations are written; add --provenance for provenance')
  const attested = await watched({ terminal, quiet }, (events) =>
    attestDistributions(plan, systemSignIo(), events),
  )
  if (terminal.isJson) writeJson(resultJson(attested))
  else if (!quiet) for (const one of attested.result.attestations) terminal.result(attestedLine(one))
  sayMore(terminal, attested.result)
}

function attestedLine({ file, kind, logIndex, attestation }: WrittenAttestation): string {
  return `${file} has its ${kind} attestation, log index ${logIndex}: ${attestation}`
}

/** schemas/attest-output.schema.json */
function resultJson({ result, identity }: Watched<AttestResult>): JsonValue {
  return {
    attestations: result.attestations.map(({ sha256, ...one }) => ({ ...one, sha256: encodeHex(sha256) })),
    services: { ...result.services },
    verified: result.checked === 'by the trust root',
    identity: identityJson(identity),
  }
}
