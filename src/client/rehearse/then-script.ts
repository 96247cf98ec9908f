import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Executor } from '../../runner/index.ts'
import type { ProjectVariable } from '../../repositories/index.ts'

export interface ThenScript {
  /** Its text; bash reads it. */
  readonly text: string
  readonly executor: Executor
  /** Those that this rehearsal adds to a project: none of the user's. */
  readonly variables: readonly ProjectVariable[]
  /** What everybody may know of the project: no token is among it. */
  readonly project: { readonly id: number; readonly path: string; readonly serverUrl: string }
  readonly onOutput: (chunk: Uint8Array) => void
  readonly say: (text: string) => void
  readonly signal: AbortSignal
}

/** Of no job: the server counts from 1. */
const NO_JOB = 0
const OWNER_READS = 0o600
const FILE = 'then.sh'

/** Runs the script as a user's machine would: where jobs run and with their network, in an empty folder. Its exit code. */
export async function runThenScript(then: ThenScript): Promise<number> {
  const { executor, project, say } = then
  const job_info = { name: 'then', stage: 'then', project_id: project.id, project_full_path: project.path }
  const place = await executor.open({ id: NO_JOB, job_info })
  try {
    const log = { notice: say, warning: say }
    const environment = await place.prepare({ image: 'python', log })
    const { host, job } = place.folders
    await write(join(host.projectTemporary, FILE), then.text)
    const variables = new Map(publicVariables(then.project))
    for (const { key, value, isFile } of then.variables) {
      if (isFile) await write(join(host.projectTemporary, key), value)
      variables.set(key, isFile ? join(job.projectTemporary, key) : value)
    }
    const { signal, onOutput } = then
    return await environment.run({ file: join(job.projectTemporary, FILE), variables, signal, onOutput })
  } finally {
    await place.close()
  }
}

function publicVariables({ id, path, serverUrl }: ThenScript['project']): [string, string][] {
  return [
    ['CI_PROJECT_ID', String(id)],
    ['CI_PROJECT_PATH', path],
    ['CI_PROJECT_NAME', path.split('/').at(-1) ?? ''],
    ['CI_SERVER_URL', serverUrl],
    ['CI_API_V4_URL', `${serverUrl}/api/v4`],
  ]
}

async function write(path: string, text: string): Promise<void> {
  await writeFile(path, text, { mode: OWNER_READS })
}
