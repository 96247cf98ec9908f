import { Command, Option } from 'commander'
import type { Installer, SdistChoice } from '../packaging/index.ts'
import type { FetchPlan, FetchReport } from '../client/fetch/index.ts'
import { installRelease, type InstallPlan, type InstallReport } from '../client/install/index.ts'
import { createCommandInput, systemSpawn } from '../host/index.ts'
import { fetchPlanOf, type FetchFlags, type FetchUsage } from './fetch-flags.ts'
import { addFetchOptions, TOKEN_HELP } from './fetch-options.ts'
import { fetchedLines, fetchJson, refusedFiles, remarks } from './fetch-report.ts'
import { inStoppable } from './fetch-stop.ts'
import { createOutputLines } from './output-lines.ts'
import { settingsHere } from './settings.ts'
import { createTerminal, exitCodeOf, writeJson, type Terminal } from './terminal.ts'
import { failureJson, originLines } from './verify-report.ts'

interface Options extends FetchFlags {
  readonly python?: string
  readonly installer?: Installer['kind']
  readonly allowSdist?: boolean
  readonly depsFrom?: string
  readonly json?: boolean
  readonly quiet?: boolean
}

const EXAMPLES = `${TOKEN_HELP}

The files are fetched and verified as 'wheelseal fetch' does it; then pip or uv
installs these files by their digests and without an index. Dependencies are not
installed unless --deps-from names their index; they are not verified. What
follows -- is passed on to the installer.

Examples:
  wheelseal install acme-tools==1.0.0 --api https://gitlab.example.com/api/v4 \\
    --project acme/tools
  wheelseal install acme-tools==1.0.0 --index-url https://index.example/simple \\
    --policy policy.toml -- --target lib

Exit: 0 installed, 1 refused or failed, 2 wrong usage.`

export function command(): Command {
  const install = new Command('install')
    .description('Installs a release with pip or uv, after all of its files are verified.')
    .argument('<name==version...>', 'the exact version of a package; after -- arguments of pip or uv')
    .option('--out <dir>', 'keep the verified files in this folder')
  return addFetchOptions(install)
    .option('--python <path>', 'Python to install into')
    .addOption(new Option('--installer <name>', 'installer to use').choices(['pip', 'uv']))
    .option('--allow-sdist', 'build the verified sdist where no wheel fits, which runs its code')
    .option('--deps-from <url>', 'simple index from which dependencies are installed, not verified')
    .option('--json', 'print one JSON object: that of fetch --json, with installed')
    .option('--quiet', 'print refusals and failures only')
    .addHelpText('after', EXAMPLES)
    .action((words: readonly string[], options: Options) => installWords(words, options))
}

/** Commander keeps what follows `--` among the arguments; where that was, only the command line tells. */
function divided(words: readonly string[]): {
  readonly asked: readonly string[]
  readonly more: readonly string[]
} {
  const at = process.argv.indexOf('--')
  const count = at === -1 ? 0 : process.argv.length - at - 1
  return { asked: words.slice(0, words.length - count), more: words.slice(words.length - count) }
}

async function installWords(words: readonly string[], options: Options): Promise<void> {
  const terminal = createTerminal(options)
  const origins: FetchUsage['origins'][number][] = []
  try {
    const { asked, more } = divided(words)
    const { plan, origins: found } = await fetchPlanOf(
      asked,
      { ...options, out: options.out ?? '' },
      {
        ...createCommandInput(),
        env: process.env,
        settings: await settingsHere(process.env),
      },
    )
    origins.push(...found)
    if (!terminal.isJson) for (const line of originLines(origins)) terminal.say(line)
    const report = await run(planOf(plan, options, more), terminal, options.quiet === true)
    show({ report, options, origins }, terminal)
  } catch (error) {
    if (!terminal.isJson) throw error
    writeJson(failureJson(error, origins))
    createTerminal({}).fail(error)
    process.exitCode = exitCodeOf(error)
  }
}

function planOf(fetch: FetchPlan, options: Options, more: readonly string[]): InstallPlan {
  const sdists: SdistChoice = options.allowSdist === true ? 'where no wheel fits' : 'never'
  const { out, python, installer: kind, depsFrom: dependencyIndex } = options
  return { fetch, out, python, kind, sdists, dependencyIndex, more }
}

/** What the installer says is talk; with --quiet it is shown only if it failed. */
async function run(plan: InstallPlan, terminal: Terminal, quiet: boolean): Promise<InstallReport> {
  const kept: string[] = []
  const lines = createOutputLines((line) => {
    if (quiet) kept.push(line)
    else terminal.quote([line])
  })
  try {
    return await inStoppable({ terminal, quiet, stopped: 'stopped; nothing unverified was left' }, (io) =>
      installRelease(plan, { ...io, spawn: systemSpawn, env: process.env, onOutput: lines.add }),
    )
  } catch (error) {
    terminal.quote(kept.slice(-40))
    throw error
  } finally {
    lines.end()
  }
}

interface Installed {
  readonly report: InstallReport
  readonly options: Options
  readonly origins: FetchUsage['origins']
}

function show(installed: Installed, terminal: Terminal): void {
  const { report, options, origins } = installed
  const { fetched, installer } = report
  const shown = { report: fetched, out: options.out, origins }
  if (installer === undefined) process.exitCode = 1
  if (terminal.isJson)
    writeJson({ ...fetchJson(shown), installed: installer === undefined ? [] : namesOf(fetched) })
  else if (installer !== undefined && options.quiet !== true)
    terminal.result(...fetchedLines(shown), installedLine(fetched, installer))
  for (const lines of refusedFiles(fetched)) terminal.complain(...lines)
  if (!terminal.isJson) for (const line of talk(installed)) terminal.say(line)
}

function talk({ report: { fetched: report, installer }, options, origins }: Installed): readonly string[] {
  const isAlone = installer !== undefined && options.depsFrom === undefined
  return [...remarks({ report, out: options.out, origins }), ...(isAlone ? [NO_DEPENDENCIES] : [])]
}

function installedLine(fetched: FetchReport, { program }: Installer): string {
  return `installed ${namesOf(fetched).join(', ')} with ${program.join(' ')}`
}

function namesOf({ files }: FetchReport): readonly string[] {
  return [...new Set(files.map(({ requirement }) => requirement.text))]
}

const NO_DEPENDENCIES =
  "dependencies were not installed; 'pip check' lists those that are missing, and --deps-from installs them from an index"
