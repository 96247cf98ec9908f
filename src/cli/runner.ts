import { Command, Option } from 'commander'
import { resolve } from 'node:path'
import { EXECUTORS, runJobs, type ExecutorChoice } from '../client/index.ts'
import { thisProgram } from '../host/index.ts'
import { instanceUrl } from './instance-url.ts'
import { countOfJobs, definedOf } from './pipeline-flags.ts'
import { openReporting } from './pipeline-reporting.ts'
import { stopSignal } from './stop-signal.ts'

interface Options {
  readonly url: string
  readonly tokenFile?: string
  readonly executor: ExecutorChoice
  readonly jobs: number
  readonly once?: boolean
  readonly strictImage?: boolean
  readonly prependPath: readonly string[]
  readonly quiet?: boolean
}

const HELP = `
An administrator makes the token with POST /api/v4/user/runners. It is taken
from the variable WHEELSEAL_RUNNER_TOKEN or from a file; a token is never an
argument.

Examples:
  wheelseal runner --url https://seal.example.com --token-file ~/.runner-token
  wheelseal runner --url http://127.0.0.1:7711 --once

Exit: 0 stopped, or no job is left; 1 refused, or a job failed with --once; 2
wrong usage.`

export function command(): Command {
  return new Command('runner')
    .description('Runs the jobs of an instance on this machine, until it is stopped.')
    .requiredOption('--url <url>', 'URL of the instance', instanceUrl)
    .option('--token-file <path>', "file with the runner's token (default: WHEELSEAL_RUNNER_TOKEN)")
    .addOption(new Option('--executor <name>', 'how jobs are run').choices(EXECUTORS).default('auto'))
    .option('--jobs <n>', 'jobs at a time', countOfJobs, 1)
    .option('--once', 'end when there is no job')
    .option('--strict-image', 'fail where the Python of an image is not on this machine')
    .option('--prepend-path <dir...>', 'folders to put first on the PATH of jobs', [])
    .option('--quiet', 'print failures only')
    .addHelpText('after', HELP)
    .action(run)
}

async function run(_flags: Options, self: Command): Promise<void> {
  const options = self.opts<Options>()
  const signal = stopSignal()
  const { terminal, hooks, tailOf, end } = openReporting(options)
  try {
    const outcomes = await runJobs({
      url: options.url,
      tokenFile: options.tokenFile,
      executor: options.executor,
      parallel: options.jobs,
      ends: options.once === true ? 'until idle' : 'when stopped',
      isImageStrict: options.strictImage === true,
      prependPath: options.prependPath.map((folder) => resolve(folder)),
      program: thisProgram(),
      env: definedOf(process.env),
      observer: hooks.observer,
      say: hooks.say,
      signal,
    })
    end()
    const failed = outcomes.find(({ state }) => state !== 'success')
    if (options.once !== true || failed === undefined) return
    process.exitCode = 1
    terminal.quote(tailOf(failed.id))
    terminal.complain(`job ${failed.name} ${failed.state}; the last lines of its log are above`)
  } finally {
    end()
  }
}
