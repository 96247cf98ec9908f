import { Command, Option } from 'commander'
import {
  prepare,
  saveBundles,
  verifyTargets,
  type FileOutcome,
  type Origin,
  type VerifyPlan,
} from '../app/verify/index.ts'
import { systemFiles } from '../host/index.ts'
import { settingsHere } from './settings.ts'
import type { Line } from './screen.ts'
import { createTerminal, exitCodeOf, writeJson, type Terminal } from './terminal.ts'
import { planOf } from './verify-flags.ts'
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
Next to each file are found, and must hold: X.sigstore.json, X.publish.attestation, X.slsa.attestation, and X.sig with
X.crt (of a key X.sig alone). A bundle that is named may be an attestation of all files, or hold several, one a line.
What no flag says is taken from the environment, then from [tool.wheelseal] of pyproject.toml, then from wheelseal.toml,
of the working directory or a folder above it. A trust root that nothing names is that of public Sigstore.

Examples:
  wheelseal verify --project acme/tools --certificate-oidc-issuer https://gitlab.example.com dist/*.whl
  wheelseal verify --policy policy.toml --trusted-root trusted_root.json --offline dist/*.whl
  wheelseal verify --certificate-identity release@acme.example --certificate-oidc-issuer https://accounts.example.com \\
    --signature demo.sig --certificate demo.crt \\
    sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855

Exit: 0 all are verified, 1 at least one is refused, 2 wrong usage.`

export function command(): Command {
  const verify = new Command('verify')
    .description('Verifies that distributions were sealed by whom you expect, and says why not.')
    .argument('<file...>', 'files, - for standard input, or sha256:HEX in place of a file')
  addSealOptions(verify)
  addTrustOptions(verify)
  addIdentityOptions(verify)
  return answerInJson(verify)
    .option('--offline', 'ask nobody; a seal must hold its log entry, and the trust root be a file or kept')
    .option(
      '--save-bundle',
      'where the log was asked for the entry of X.sig, write X.sigstore.json, which holds it',
    )
    .option('--json', 'print one object, as schemas/verify-output.schema.json has it')
    .option('--quiet', 'print nothing but refusals')
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
    .option('--bundle <file>', 'the Sigstore bundle, or several, one a line')
    .option('--signature <file>', 'the signature, as cosign writes it')
    .option('--certificate <file>', 'the certificate of the signature')
    .option('--provenance <file>', 'a PEP 740 provenance object or attestation; all in it must hold')
    .option('--key <file>', 'the public key (PEM) that must have signed, where there is no certificate')
}

function addTrustOptions(verify: Command): void {
  verify
    .option('--trusted-root <file>', 'trusted_root.json of the Sigstore that signed')
    .option('--tuf-url <url>', 'TUF repository with the trust root of a private Sigstore')
    .option(
      '--tuf-root <file|sha256:hex>',
      'the root.json that this repository is trusted from, or its digest',
    )
}

function addIdentityOptions(verify: Command): void {
  verify
    .option('--certificate-identity <name>', 'who must have signed, exactly')
    .option('--certificate-identity-regexp <pattern>', 'the same as an RE2 pattern over the whole name')
    .option('--certificate-oidc-issuer <url>', 'which issuer must have vouched for that, exactly')
    .option('--certificate-oidc-issuer-regexp <pattern>', 'the same as an RE2 pattern over the whole issuer')
    .option('--project <group/name>', 'the GitLab project whose pipeline must have signed')
    .option(
      '--ref <ref>',
      'with --project: a branch, or a full ref such as refs/tags/v* (default: the branch main)',
    )
    .option('--policy <file>', 'who may sign which packages; docs/reference/policy.md')
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
