import { writeFile } from 'node:fs/promises'
import { describeError, utf8Decode } from '../../base/index.ts'
import type { Executor } from '../../runner/index.ts'

const TRIAL = {
  id: 0,
  job_info: { name: 'trial', stage: 'trial', project_id: 0, project_full_path: 'trial/trial' },
}
const MAX_SAID_BYTES = 4096

/** Opens the executor as for a job and runs nothing in it: what keeps it from that, or undefined. */
export async function tryOut(executor: Executor, signal: AbortSignal): Promise<string | undefined> {
  const said: string[] = []
  try {
    const place = await executor.open(TRIAL)
    try {
      const log = { notice: () => undefined, warning: () => undefined }
      const environment = await place.prepare({ image: '', log })
      const { host, job } = place.folders
      await writeFile(`${host.projectTemporary}/trial`, 'exit 0\n')
      const code = await environment.run({
        file: `${job.projectTemporary}/trial`,
        variables: new Map(),
        signal,
        onOutput: (chunk) => {
          if (said.join('').length < MAX_SAID_BYTES) said.push(utf8Decode(chunk))
        },
      })
      return code === 0 ? undefined : said.join('').trim().split('\n').at(-1) || `exit ${code}`
    } finally {
      await place.close()
    }
  } catch (error) {
    return describeError(error)
  }
}
