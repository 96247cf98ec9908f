import { homedir } from 'node:os'
import { Command, Option } from 'commander'
import { audit, isClean, type AuditIo, type AuditReport } from '../client/audit/index.ts'
import { requireGate } from '../client/gate-url/index.ts'
import { createCommandInput, steadyMs, systemClock, systemFiles } from '../host/index.ts'
import { createHttp } from '../net/index.ts'
import { auditJson, auditLines, auditSarif } from './audit-report.ts'
import { withGateIndexFlags } from './gate-index-flags.ts'
import { withGate, type OwnGateOptions } from './own-gate.ts'
import { stopSignal } from './stop-signal.ts'
import { createTerminal, writeJson, type Terminal } from './terminal.ts'
import { createVerifyProgress, type VerifyProgress } from './verify-progress.ts'
import { versionLine } from './version.ts'

interface Options extends OwnGateOptions {
  readonly strict?: boolean
  readonly writeIdentities?: boolean
  readonly json?: boolean
  readonly sarif?: boolean
  readonly quiet?: boolean
}

const EXAMPLES = `
Every file of a lock is looked up at the gate by its SHA-256. Of an environment
every file on the disk is compared with the wheel that the gate serves; no code
of it runs. Without --gate and WHEELSEAL_GATE the gate is the index that pip or
uv are aimed at. A token for it comes from WHEELSEAL_TOKEN.

Examples:
  wheelseal audit uv.lock
  wheelseal audit .venv --gate http://127.0.0.1:7712/gate/prod
  wheelseal audit pylock.toml --write-identities
  pip freeze | wheelseal audit - --strict
  wheelseal audit uv.lock --upstream pypi --policy policy.toml

Exit: 0 clean, also with exemptions; 1 refused, changed, not through the gate or
not decided; 2 wrong usage.`

export function command(): Command {
  return withGateIndexFlags(new Command('audit'))
    .description('Asks a gate about every file of a lock or of a virtual environment.')
    .argument(
      '<file|venv>',
      'requirements.txt, pylock.toml, uv.lock, poetry.lock, pdm.lock, an environment, or - for standard input',
    )
    .option(
      '--gate <url>',
      'gate to ask, http://HOST/gate/NAME (default: WHEELSEAL_GATE, the index of pip or uv)',
    )
    .option('--strict', 'fail also for what has no seal or no hash, and for bytecode files')
    .option(
      '--write-identities',
      'write who signed each package into the pylock.toml; a later audit compares',
    )
    .option('--json', 'print one JSON object')
    .addOption(new Option('--sarif', 'print the findings as SARIF 2.1.0').conflicts('json'))
    .option('--quiet', 'print findings only')
    .addHelpText('after', EXAMPLES)
    .action(auditTarget)
}

async function auditTarget(target: string, options: Options): Promise<void> {
  const terminal = createTerminal({
    json: options.json === true || options.sarif === true,
    ...(options.quiet === undefined ? {} : { quiet: options.quiet }),
  })
  const startMs = steadyMs()
  const report = await withGate(options, async (flag) => {
    const gate = await requireGate({ flag, env: process.env, home: homedir(), files: systemFiles })
    if (!gate.from.startsWith('--')) terminal.say(`asking the gate ${gate.url} (${gate.from})`)
    const asked = { target, gate, writeIdentities: options.writeIdentities === true }
    return withIo(options.quiet === true, (io) => audit(asked, io))
  })
  print(report, { options, terminal, tookMs: steadyMs() - startMs })
  if (!isClean(report, { strict: options.strict === true })) process.exitCode = 1
}

async function withIo(isQuiet: boolean, work: (io: AuditIo) => Promise<AuditReport>): Promise<AuditReport> {
  let progress: VerifyProgress | undefined
  const signal = stopSignal()
  try {
    return await work({
      ...createCommandInput(),
      http: createHttp({ env: process.env, files: systemFiles }),
      clock: systemClock,
      files: systemFiles,
      signal,
      onCount: (count) => {
        progress = createVerifyProgress(isQuiet ? undefined : process.stderr, count)
      },
      onEach: () => progress?.step(),
    })
  } finally {
    progress?.end()
  }
}

interface Printing {
  readonly options: Options
  readonly terminal: Terminal
  readonly tookMs: number
}

function print(report: AuditReport, { options, terminal, tookMs }: Printing): void {
  const strict = options.strict === true
  if (options.sarif === true)
    return writeJson(auditSarif(report, { strict, version: versionLine().split(' ')[0] ?? '' }))
  terminal.output(auditJson(report, { strict }), () =>
    auditLines(report, { tookMs, isQuiet: options.quiet === true, strict }),
  )
  if (report.identitiesWritten > 0)
    terminal.say(`wrote the identities of ${report.identitiesWritten} packages into ${report.target}`)
}
