import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemSpawn } from '../../host/index.ts'
import type { BeforeScript, Executor, JobPlace } from '../executor.ts'
import { writeScriptText } from '../job/script.ts'
import { createSandboxExecutor } from './executor.ts'
import type { SandboxExecutorOptions } from './options.ts'

export interface RanScript {
  readonly exitCode: number
  readonly output: string
}

export interface SandboxJob {
  readonly place: JobPlace
  /** What the log was told. */
  readonly said: readonly string[]
  readonly pauses: boolean
  /** Without the line that announces the script. */
  sh(script: string | readonly string[], options?: ShellOptions): Promise<RanScript>
}

interface ShellOptions {
  readonly variables?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
  readonly onText?: (text: string) => void
  readonly before?: BeforeScript
  readonly pauseAfter?: number
}

export interface SandboxTest {
  readonly top: string
  job(options?: Partial<SandboxExecutorOptions>, image?: string): Promise<SandboxJob>
  close(): Promise<void>
}

const AS_IT_IS: Partial<SandboxExecutorOptions> = {}

/** For tests: jobs of one sandbox executor after the other, in a new folder. */
export function arrangeSandboxes(): SandboxTest {
  const top = mkdtempSync(join(tmpdir(), 'ws-sandbox-'))
  const places: JobPlace[] = []
  const executors = new Map<object, Executor>()
  let number = 0
  return {
    top,
    job: async (options = AS_IT_IS, image = '') => {
      // The shims of a version manager take a second each to say what they are.
      const host = { PATH: '/usr/bin:/bin', HOME: top, LANG: 'C' }
      const work = join(top, 'work')
      const executor =
        executors.get(options) ?? createSandboxExecutor({ spawn: systemSpawn, host, work, ...options })
      executors.set(options, executor)
      number += 1
      const job_info = { name: 'n', stage: 's', project_id: 20, project_full_path: 'group/hello' }
      const place = await executor.open({ id: number, job_info })
      places.push(place)
      return openJob(place, image)
    },
    close: async () => {
      for (const place of places) await place.close()
      rmSync(top, { recursive: true, force: true })
    },
  }
}

async function openJob(place: JobPlace, image: string): Promise<SandboxJob> {
  const said: string[] = []
  const say = (text: string): number => said.push(text)
  const environment = await place.prepare({ image, log: { notice: say, warning: say } })
  const { host, job } = place.folders
  const sh: SandboxJob['sh'] = async (script, options = {}) => {
    const { variables = {}, signal, onText, before } = options
    let text = ''
    const entries = typeof script === 'string' ? [script] : script
    const pauseAfter = options.pauseAfter ?? before?.entries.length
    const file = join(host.projectTemporary, 'script.sh')
    await writeScriptText(file, { entries, shell: environment.shell, pauseAfter })
    const exitCode = await environment.run({
      file: join(job.projectTemporary, 'script.sh'),
      variables: new Map(Object.entries(variables)),
      signal: signal ?? new AbortController().signal,
      onOutput: (chunk) => {
        text += Buffer.from(chunk).toString('utf8')
        onText?.(text)
      },
      before,
    })
    return { exitCode, output: text.slice(text.indexOf('\u001B[0;m\n') + '\u001B[0;m\n'.length) }
  }
  return { place, said, sh, pauses: environment.pauses === true }
}
