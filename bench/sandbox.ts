import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { systemSpawn } from '../src/host/index.ts'
import { createPlainExecutor, createSandboxExecutor } from '../src/runner/index.ts'
import type { Executor } from '../src/runner/executor.ts'
import type { JobListener } from '../src/runner/network.ts'
import { writeScript } from '../src/runner/job/script.ts'

/** Nobody connects: what is measured is that they are there. */
const LISTENERS: readonly JobListener[] = [
  ...[80, 443, 8080].map(
    (port) => ({ kind: 'tcp', host: '127.0.0.1', port, onConnection: () => undefined }) as const,
  ),
  { kind: 'udp', host: '127.0.0.1', port: 53, onMessage: () => undefined },
]

/** How long a job `true` takes to be entered and left, by each executor, in milliseconds: a table in Markdown. */
export async function benchSandbox(work: string, turns: number): Promise<string> {
  const host = { PATH: '/usr/bin:/bin', HOME: work }
  const openNetwork = () =>
    Promise.resolve({ listeners: LISTENERS, names: [], authorities: '', close: () => Promise.resolve() })
  const options = { spawn: systemSpawn, host, work: join(work, 'jobs') }
  const rows = [
    await measured('sandbox, four sockets', createSandboxExecutor({ ...options, openNetwork }), turns),
    await measured('sandbox, no sockets', createSandboxExecutor(options), turns),
    await measured('plain', createPlainExecutor(options), turns),
  ]
  return ['| job `true` | median | slowest |', '|---|---|---|', ...rows].join('\n')
}

async function measured(name: string, executor: Executor, turns: number): Promise<string> {
  const times: number[] = []
  for (let turn = 0; turn <= turns; turn += 1) times.push(await enterAndLeave(executor))
  const sorted = times.slice(1).toSorted((a, b) => a - b)
  const median = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  return `| ${name} | ${median.toFixed(0)} ms | ${(sorted.at(-1) ?? Number.NaN).toFixed(0)} ms |`
}

/** From the folders to their removal. The first finds out what the machine has. */
async function enterAndLeave(executor: Executor): Promise<number> {
  const started = performance.now()
  const job_info = { name: 'n', stage: 's', project_id: 1, project_full_path: 'group/hello' }
  const place = await executor.open({ id: 1, job_info })
  const log = { notice: () => undefined, warning: () => undefined }
  const environment = await place.prepare({ image: '', log })
  await writeScript(join(place.folders.host.projectTemporary, 'script.sh'), ['true'], environment.shell)
  const file = join(place.folders.job.projectTemporary, 'script.sh')
  const { signal } = new AbortController()
  const exitCode = await environment.run({ file, variables: new Map(), signal, onOutput: () => undefined })
  await place.close()
  if (exitCode !== 0) throw new Error(`the job ended with ${exitCode}`)
  return performance.now() - started
}
