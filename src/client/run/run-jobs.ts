import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Secret, sha256Hex } from '../../base/index.ts'
import { systemClock, systemEntropy, systemFiles, systemSpawn, userFolders } from '../../host/index.ts'
import { createHttp } from '../../net/index.ts'
import { createRunner, openWorkFolder, type JobOutcome, type RunnerObserver } from '../../runner/index.ts'
import { clientErrors } from '../errors.ts'
import { chooseExecutor, type ExecutorChoice } from './executor.ts'
import { writeLaunchers } from './launcher.ts'

export interface RunJobsOptions {
  /** Of the instance, without `/api/v4`. */
  readonly url: string
  /** File with the token of the runner; undefined: `WHEELSEAL_RUNNER_TOKEN` of `env`. */
  readonly tokenFile: string | undefined
  readonly executor: ExecutorChoice
  /** Jobs at a time. */
  readonly parallel: number
  /** `until idle` ends when there is no job. */
  readonly ends: 'when stopped' | 'until idle'
  readonly isImageStrict: boolean
  readonly prependPath: readonly string[]
  /** The words that start this program. */
  readonly program: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly observer: RunnerObserver
  readonly say: (text: string) => void
  readonly signal: AbortSignal
}

const MAX_TOKEN_BYTES = 4096

/** Runs the jobs that an instance has for a runner, one after another. Throws `client.runner-token`, `client.sandbox`. */
export async function runJobs(options: RunJobsOptions): Promise<readonly JobOutcome[]> {
  const token = await tokenOf(options)
  // One runner's token is of one instance, whatever other addresses that has.
  const instance = instanceOf(options.url, token)
  return runJobsOf({ ...options, token, instance, isDone: () => options.ends === 'until idle' })
}

/** What jobs of the instance leave for later ones: neither for those of another, nor of another's token. */
export function instanceOf(url: string, token: Secret): string {
  return sha256Hex(`${url}\n${token.reveal()}`).slice(0, 16)
}

export interface RunnerJobs extends Omit<RunJobsOptions, 'tokenFile' | 'ends'> {
  /** Of the runner. */
  readonly token: Secret
  /** Whose caches and layers the jobs share. */
  readonly instance: string
  /** Asked while there is no job. */
  readonly isDone: () => boolean | Promise<boolean>
  /** Between two questions for a job; default: that of the runner. */
  readonly pollMs?: number
}

/** Throws `client.sandbox`. */
export async function runJobsOf(options: RunnerJobs): Promise<readonly JobOutcome[]> {
  // Short, because paths below it end up in sockets and shebang lines.
  const folder = await openWorkFolder(tmpdir(), systemClock)
  try {
    const runner = await openRunner(options, folder.path)
    options.say(`jobs of ${options.url} run here`)
    return await runner.runUntil(options.isDone, options.signal)
  } finally {
    await folder.close()
  }
}

/** Never an argument: process lists are public. */
async function tokenOf({ tokenFile, env }: RunJobsOptions): Promise<Secret> {
  const text =
    tokenFile === undefined
      ? (env['WHEELSEAL_RUNNER_TOKEN'] ?? '')
      : Buffer.from(await systemFiles.read(tokenFile, MAX_TOKEN_BYTES)).toString('latin1')
  if (/^[\x21-\x7e]+$/.test(text.trim())) return new Secret(text.trim())
  const place = tokenFile ?? 'WHEELSEAL_RUNNER_TOKEN'
  throw clientErrors('client.runner-token', `${place} has no token of a runner`)
}

async function openRunner(options: RunnerJobs, scratch: string) {
  const { url, env, executor: choice, program, prependPath, observer, parallel } = options
  const { token, instance, pollMs } = options
  const tools = await writeLaunchers(join(scratch, 'tools'), program, prependPath)
  const place = { serverUrl: url, instance, scratch }
  const order = { ...options, ...place, choice, path: [tools], wheelhouse: undefined }
  const { executor } = await chooseExecutor(order)
  return createRunner({
    spawn: systemSpawn,
    host: env,
    serverUrl: url,
    token,
    http: createHttp({ env, files: systemFiles }),
    clock: systemClock,
    entropy: systemEntropy,
    executor,
    cacheFolder: join(userFolders(env).cache, 'jobs', instance),
    observer,
    jobs: parallel,
    ...(pollMs === undefined ? {} : { pollMs }),
  })
}
