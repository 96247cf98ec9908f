import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runProgram, startProgram, wheelseal } from '../support/program.ts'
import { gitlabProject, leftIn } from '../support/rehearsal.ts'
import { startServer, temporaryFolder, type Server } from '../support/server.ts'

/** A job that goes on, with processes that have left its group. */
const PIPELINE = `
job:
  script:
    - if [ -n "$QUICK" ]; then exit 0; fi
    - echo begun
    - (setsid sleep 300 &) ; nohup sleep 300 & sleep 300
deploy: { script: ["true"], when: manual }
`

let folder: { path: string; remove: () => Promise<void> }
let server: Server
let project: string
let temporary: string
beforeAll(async () => {
  folder = await temporaryFolder()
  temporary = join(folder.path, 'tmp')
  await mkdir(temporary)
  server = await startServer(join(folder.path, 'data'))
  project = await gitlabProject(join(folder.path, 'tool'), PIPELINE)
})
afterAll(async () => {
  await server.stop()
  await folder.remove()
})

const argv = (...more: readonly string[]): readonly string[] => [
  wheelseal,
  'run',
  ...['-C', project, '--data', server.data, '--wheelhouse', folder.path, ...more],
]
const env = (): Record<string, string> => ({ TMPDIR: temporary, XDG_CACHE_HOME: join(folder.path, 'cache') })

/** Sends the signal when it prints that. */
async function stoppedAt(line: RegExp, signal: NodeJS.Signals): Promise<readonly [number | null, string]> {
  const child = startProgram(argv(), { env: env() })
  const closed = once(child, 'close') as Promise<[number | null]>
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    const before = line.test(said)
    said += chunk.toString()
    if (!before && line.test(said)) child.kill(signal)
  })
  const [code] = await closed
  return [code, said]
}

describe('wheelseal run', { timeout: 60_000 }, () => {
  it.each([
    [
      'before its first job',
      /pipeline \d+ of/,
      'SIGINT',
      130,
      /stopped by Ctrl-C before the first job|job job ran/,
    ],
    [
      'in a job',
      /job +started/,
      'SIGINT',
      130,
      /error: stopped by Ctrl-C while job job ran; pipeline \d+ is canceled/,
    ],
    [
      'in a job, by another signal',
      /job +started/,
      'SIGTERM',
      143,
      /error: stopped by SIGTERM while job job ran/,
    ],
  ] as const)(
    'that is stopped %s says so, and leaves no process, mount or file',
    async (...[, line, signal, exit, sentence]) => {
      const [code, said] = await stoppedAt(line, signal)
      expect(said).toMatch(sentence)
      expect(code).toBe(exit)
      await expect.poll(() => leftIn(temporary), { timeout: 5_000 }).toEqual([])
    },
  )

  it('with --json and --quiet prints its result alone, and without --quiet what happens too', async () => {
    const quick = ['--json', '--executor', 'plain', '--variable', 'QUICK=1']
    const quiet = await runProgram(argv(...quick, '--quiet'), { env: env() })
    expect(quiet.code, quiet.stderr).toBe(0)
    expect(JSON.parse(quiet.stdout)).toMatchObject({ event: 'result', pipeline: { state: 'success' } })
    expect(quiet.stderr).toBe('')
    const told = await runProgram(argv(...quick), { env: env() })
    const events = told.stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { event: string }).event)
    expect(events).toEqual(expect.arrayContaining(['pipeline', 'job-started', 'job-ended', 'result']))
    expect(told.stderr).toContain('not run: manual job deploy; name it in the command to run it')
  })
})
