import { Command, Option } from 'commander'
import {
  prepare,
  saveBundles,
  verifyTargets,
  type FileOutcome,
  type Origin,
  type VerifyPlan,
} from '../client/verify/index.ts'
import { systemFiles } from '../host/index.ts'
import { settingsHere } from './settings.ts'
import type { Line } from './screen.ts'
import { createTerminal, exitCodeOf, writeJson, type Terminal } from './terminal.ts'
import { planOf } from './verify-flags.ts'
import { addIdentityOptions, addTrustOptions } from './verify-options.ts'
import { systemVerifyIo } from './verify-io.ts'
import { createVerifyProgress } from './verify-progress.ts'
import {
  checkReport,
  closingLines,
  failureJson,
  originLines,
  refusalLines,
  reportJson,
  verifiedLine,
  type Report,
} from './verify-report.ts'
import { wrong, type VerifyFlags } from './verify-usage.ts'

interface Options extends VerifyFlags {
  readonly json?: boolean
  readonly saveBundle?: boolean
  readonly quiet?: boolean
  readonly verbose?: boolean
}

const EXAMPLES = `
These files next to a file X are used, and all of them must be valid:
X.sigstore.json, X.publish.attestation, X.slsa.attestation, X.provenance, and
X.sig with X.crt (with --key X.sig alone). The file of --bundle may be an
attestation for all files, or contain several bundles, one per line. Settings
without a flag come from the environment, then from [tool.wheelseal] in
pyproject.toml, then from wheelseal.toml, in the working directory or a folder
above it. The default trust root is that of public Sigstore.

Examples:
  wheelseal verify --project acme/tools \\
    --certificate-oidc-issuer https://gitlab.example.com dist/*.whl
  wheelseal verify --policy policy.toml --trusted-root trusted_root.json \\
    --offline dist/*.whl
  wheelseal verify --certificate-identity release@acme.example \\
    --certificate-oidc-issuer https://accounts.example.com \\
    --signature demo.sig --certificate demo.crt \\
    sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855

Exit: 0 all are verified, 1 at least one is refused, 2 wrong usage.`

export function command(): Command {
  const verify = new Command('verify')
    .description('Verifies who signed distributions, and says why a file is refused.')
    .argument('<file...>', 'files, - for standard input, or sha256:HEX in place of a file')
  addSealOptions(verify)
  addTrustOptions(verify)
  addIdentityOptions(verify)
  return answerInJson(verify)
    .option(
      '--offline',
      'no network: the log entry must be in the bundle, and the trust root a file or kept from before',
    )
    .option('--save-bundle', 'write X.sigstore.json where the log was asked for the entry of X.sig')
    .option('--json', 'print one JSON object (schemas/verify-output.schema.json)')
    .option('--quiet', 'print refusals only')
    .addOption(
      new Option('--verbose', 'list every check of every file, and what it found').conflicts([
        'json',
        'quiet',
      ]),
    )
    .addHelpText('after', EXAMPLES)
    .action(verifyFiles)
}

/** What the flags alone show to be wrong is printed by the parser, which knows of no JSON. */
function answerInJson(verify: Command): Command {
  return verify.configureOutput({
    outputError: (text, write) => {
      const fact = text.trim().replace(/^error: /, '')
      if (process.argv.includes('--json')) writeJson(failureJson(wrong(fact), []))
      write(text)
    },
  })
}

function addSealOptions(verify: Command): void {
  verify
    .option('--bundle <file>', 'the Sigstore bundle; several, one per line (JSON Lines)')
    .option('--signature <file>', 'the signature file, as cosign writes it')
    .option('--certificate <file>', 'the certificate file of the signature')
    .option(
      '--provenance <file>',
      'a PEP 740 provenance object or attestation; every attestation in it must be valid',
    )
    .option('--key <file>', 'the expected public key (PEM), for signatures without certificate')
}

async function verifyFiles(files: readonly string[], options: Options): Promise<void> {
  const terminal = createTerminal(options)
  const origins: Origin[] = []
  try {
    const plan = await planOf(files, options, await settingsHere(process.env))
    origins.push(...plan.origins)
    if (!terminal.isJson) for (const line of originLines(origins)) terminal.say(line)
    const outcomes = await outcomesOf(plan, options, terminal)
    const saved = options.saveBundle === true ? await saveBundles(outcomes, systemFiles) : []
    report({ outcomes, origins, leftOut: plan.leftOut, saved }, options, terminal)
  } catch (error) {
    if (!terminal.isJson) throw error
    writeJson(failureJson(error, origins))
    createTerminal({}).fail(error)
    process.exitCode = exitCodeOf(error)
  }
}

async function outcomesOf(
  plan: VerifyPlan,
  options: Options,
  terminal: Terminal,
): Promise<readonly FileOutcome[]> {
  const prepared = await prepare(plan, { ...systemVerifyIo(process.env), note: (text) => terminal.say(text) })
  const stream = options.quiet === true ? undefined : process.stderr
  const progress = createVerifyProgress(stream, plan.targets.length)
  try {
    return await verifyTargets(prepared, progress.step)
  } finally {
    progress.end()
  }
}

/** Files that are well go to standard output, refusals to standard error: whoever throws one away sees the other. */
function report(found: Report, options: Options, terminal: Terminal): void {
  const { outcomes } = found
  const refused = outcomes.filter(({ verified }) => !verified)
  if (terminal.isJson) writeJson(reportJson(found))
  else if (options.quiet !== true)
    for (const outcome of outcomes)
      if (outcome.verified) terminal.result(...verifiedLines(outcome, found, options))
  for (const outcome of refused)
    terminal.complain(...refusalLines(outcome, options.verbose === true ? 'all' : 'failed'))
  if (!terminal.isJson) for (const line of closingLines(found)) terminal.say(line)
  if (refused.length > 0) process.exitCode = 1
}

function verifiedLines(outcome: FileOutcome, { saved }: Report, { verbose }: Options): readonly Line[] {
  const checks = verbose === true ? checkReport(outcome) : []
  return [{ mark: 'passed', text: verifiedLine(outcome, saved) }, ...checks]
}
