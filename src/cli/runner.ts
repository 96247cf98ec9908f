import { Command, InvalidArgumentError, Option } from 'commander'
import { resolve } from 'node:path'
import { EXECUTORS, runJobs, type ExecutorChoice } from '../client/index.ts'
import { thisProgram } from '../host/index.ts'
import { createProgress } from './run-progress.ts'
import { stopSignal } from './stop-signal.ts'
import { createTerminal } from './terminal.ts'

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
An administrator makes the token with POST /api/v4/user/runners. It is taken from the variable
WHEELSEAL_RUNNER_TOKEN or from a file; a token is never an argument.

Examples:
  wheelseal runner --url https://seal.example.com --token-file ~/.runner-token
  wheelseal runner --url http://127.0.0.1:7711 --once

Exit: 0 stopped, or no job is left; 1 refused, or a job failed with --once; 2 wrong usage.`

export function command(): Command {
  return new Command('runner')
    .description('Runs the jobs of an instance on this machine, until it is stopped.')
    .requiredOption('--url <url>', 'URL of the instance', serverUrl)
    .option('--token-file <path>', "file with the runner's token (default: WHEELSEAL_RUNNER_TOKEN)")
    .addOption(new Option('--executor <name>', 'how jobs are run').choices(EXECUTORS).default('auto'))
    .option('--jobs <n>', 'jobs at a time', count, 1)
    .option('--once', 'end when there is no job')
    .option('--strict-image', 'fail where the Python of an image is not on this machine')
    .option('--prepend-path <dir...>', 'folders to put first on the PATH of jobs', [])
    .option('--quiet', 'print failures only')
    .addHelpText('after', HELP)
    .action(run)
}

function serverUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isPlain = url?.username === '' && url.password === '' && url.search === '' && url.hash === ''
  if (url === undefined || !isPlain || !/^https?:$/.test(url.protocol))
    throw new InvalidArgumentError('it must be an http or https URL without credentials')
  return url.href.replace(/\/+$/, '')
}

const MAX_JOBS = 64

function count(text: string): number {
  const value = Number(text)
  if (/^[1-9][0-9]?$/.test(text) && value <= MAX_JOBS) return value
  throw new InvalidArgumentError(`it must be a number from 1 to ${MAX_JOBS}`)
}

async function run(_options: Options, command: Command): Promise<void> {
  const options = command.opts<Options>()
  const terminal = createTerminal(options)
  const progress = createProgress(process.stderr, options.quiet === true ? 'quiet' : 'talking')
  const env = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined)
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
      env: Object.fromEntries(env),
      observer: progress,
      say: (text) => {
        progress.pause()
        terminal.say(text)
      },
      signal: stopSignal(),
    })
    progress.end()
    terminal.quote(progress.failureTail())
    if (options.once === true && outcomes.some(({ state }) => state !== 'success')) process.exitCode = 1
  } finally {
    progress.end()
  }
}
