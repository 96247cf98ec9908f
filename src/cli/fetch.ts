import { Command } from 'commander'
import { fetchFiles } from '../client/fetch/index.ts'
import { createCommandInput } from '../host/index.ts'
import { fetchPlanOf, type FetchFlags, type FetchUsage } from './fetch-flags.ts'
import { addFetchOptions, TOKEN_HELP } from './fetch-options.ts'
import { fetchedLines, fetchJson, refusedFiles, remarks, type Fetched } from './fetch-report.ts'
import { inStoppable } from './fetch-stop.ts'
import { settingsHere } from './settings.ts'
import { createTerminal, exitCodeOf, writeJson, type Terminal } from './terminal.ts'
import { failureJson, originLines } from './verify-report.ts'

interface Options extends FetchFlags {
  readonly out: string
  readonly json?: boolean
  readonly quiet?: boolean
}

const EXAMPLES = `${TOKEN_HELP}

All files of the version are downloaded and verified as 'wheelseal verify' does
it. If one is refused nothing is left. Signatures come from the generic registry
of the GitLab project, from the provenance that the index lists (PEP 740), or
else from the URLs next to those of the files; of several signatures one that is
valid is enough.

Examples:
  wheelseal fetch acme-tools==1.0.0 --api https://gitlab.example.com/api/v4 \\
    --project acme/tools
  wheelseal fetch acme-tools==1.0.0 --index-url https://index.example/simple \\
    --policy policy.toml --out wheels

Exit: 0 all files are verified and in place, 1 refused or failed, 2 wrong usage.`

export function command(): Command {
  const fetch = new Command('fetch')
    .description(
      'Downloads a release without running its code, and leaves it in a folder only if it is verified.',
    )
    .argument('<name==version...>', 'the exact version of a package')
    .option('--out <dir>', 'folder for the files', '.')
  return addFetchOptions(fetch)
    .option('--json', 'print one JSON object: that of verify --json, with out, placed and yanked')
    .option('--quiet', 'print refusals only')
    .addHelpText('after', EXAMPLES)
    .action(fetchRelease)
}

const STOPPED = 'stopped; nothing was left in the output folder'

async function fetchRelease(requirements: readonly string[], options: Options): Promise<void> {
  const terminal = createTerminal(options)
  const origins: FetchUsage['origins'][number][] = []
  try {
    const { plan, origins: found } = await fetchPlanOf(requirements, options, {
      ...createCommandInput(),
      env: process.env,
      settings: await settingsHere(process.env),
    })
    origins.push(...found)
    if (!terminal.isJson) for (const line of originLines(origins)) terminal.say(line)
    const stoppable = { terminal, quiet: options.quiet === true, stopped: STOPPED }
    const report = await inStoppable(stoppable, (io) => fetchFiles(plan, io))
    show({ report, out: options.out, origins }, terminal, options)
  } catch (error) {
    if (!terminal.isJson) throw error
    writeJson(failureJson(error, origins))
    createTerminal({}).fail(error)
    process.exitCode = exitCodeOf(error)
  }
}

/** Files that are well go to standard output, refusals to standard error. */
function show(fetched: Fetched, terminal: Terminal, { quiet }: Options): void {
  const { report } = fetched
  const refused = refusedFiles(report)
  if (refused.length > 0) process.exitCode = 1
  if (terminal.isJson) writeJson(fetchJson(fetched))
  else if (refused.length === 0 && quiet !== true) terminal.result(...fetchedLines(fetched))
  for (const lines of refused) terminal.complain(...lines)
  if (!terminal.isJson) for (const line of remarks(fetched)) terminal.say(line)
}
