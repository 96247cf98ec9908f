import type { JobFolders } from './job/folders.ts'
import type { Job } from './job/job.ts'
import type { Shell } from './job/script.ts'
import type { Variables } from './job/variables.ts'
import type { JobLog } from './log/job-log.ts'

/**
 * Where jobs run. The runner does everything that GitLab's runner does outside of a job (sources, caches, artifacts,
 * log, result); an executor does what it does inside of one: it makes the folders, turns an image into an environment,
 * and runs scripts in it.
 *
 * Contract, in which `executor.contract.ts` tests every implementation:
 *
 * 1. A job has the folders of its own `JobPlace`, new and readable by nobody else, under two names each: the host's,
 *    by which the runner reads and writes between the scripts, and the job's, which alone the job is told. What one
 *    side writes the other can read, change and remove, even where the job runs as another user.
 * 2. A script's environment is what the executor gives for the image, `HOME` and `TMPDIR`, the host's proxies and
 *    certificate authorities, and the job's variables, which win. Nothing else of the host's environment, and no
 *    variable in the arguments of a process. Its standard input is empty; it has no descriptor of the runner's.
 * 3. Its output is given out as it comes and is complete when `run` has ended.
 * 4. An aborted signal ends the script with all that it started: SIGTERM, after a grace period SIGKILL. What a script
 *    leaves in the background is ended with the script. Only an executor with a process table of its own for each
 *    job reaches those that have left their group.
 * 5. After `close`, nothing of the job is on disk.
 *
 * Several jobs may be open at once.
 */
export interface Executor {
  /** What the server is told, in the place of the stock runner's `shell` or `docker`. */
  readonly name: string
  /** The line that each job log begins with: what keeps a job from the machine, or that nothing does. */
  readonly isolation: string
  /** Passwords of this machine that an environment hands to jobs, for the masker. */
  secrets(): Promise<readonly string[]>
  /** Makes a job's folders; what an earlier job of its number left there is removed. A failure leaves nothing. */
  open(job: Pick<Job, 'id' | 'job_info'>): Promise<JobPlace>
}

/** What one job has of an executor, from before its image is known until it is closed. */
export interface JobPlace {
  readonly folders: JobFolders
  /** Says in the log what serves the image. Called once. Throws where nothing can serve it. */
  prepare(order: ImageOrder): Promise<JobEnvironment>
  /** Ends what still runs and removes everything of the job, also where the job took its own rights away. */
  close(): Promise<void>
}

export interface ImageOrder {
  /** With its variables expanded; empty where the job names none. */
  readonly image: string
  readonly log: Pick<JobLog, 'notice' | 'warning'>
}

/** A job's image with its folders in place: scripts can run. */
export interface JobEnvironment {
  readonly shell: Shell
  /** It goes on with a script that stops itself (SIGSTOP) behind its before_script, and may keep what that has made. */
  readonly pauses?: boolean
  /** The script's exit code; 128 + n where signal n ended it, never 0 where it was told to stop. Rejects with the reason of a signal aborted before. */
  run(script: Script): Promise<number>
  /** Lays out in the project what the image's programs need of a cache, by its paths, that could not be restored. */
  beginCache(paths: readonly string[], variables: Variables): Promise<void>
}

export interface Script {
  /** By the job's path. It is run by the environment's shell, in the project folder. */
  readonly file: string
  readonly variables: Variables
  readonly signal: AbortSignal
  readonly onOutput: (chunk: Uint8Array) => void
  /** Where the script stops itself: only in an environment that `pauses`. */
  readonly before?: BeforeScript | undefined
}

/** What an executor may keep for later jobs, and for whom. All of it is the server's word, none the job's. */
export interface BeforeScript {
  readonly entries: readonly string[]
  readonly projectId: number
  readonly ref: string
  readonly isRefProtected: boolean
  /** The job can prove who it is: what it is made of must come from nobody else. */
  readonly hasIdTokens: boolean
}
