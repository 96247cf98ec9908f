import { once } from 'node:events'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runProgram, wheelseal } from '../support/program.ts'
import { gitlabProject, leftIn, rehearse, startRehearsal } from '../support/rehearsal.ts'
import { temporaryFolder } from '../support/server.ts'

/** A job that goes on, with processes that have left its group. */
const LONG = `
job:
  script:
    - echo begun
    - (setsid sleep 300 &) ; nohup sleep 300 & sleep 300
`

let folder: { path: string; remove: () => Promise<void> }
let temporary: string
beforeEach(async () => {
  folder = await temporaryFolder()
  temporary = join(folder.path, 'tmp')
  await mkdir(temporary)
})
afterEach(() => folder.remove())

/** The test's own watcher of the program ends a moment after it; what a job left would stay for minutes. */
async function expectNothingLeft(): Promise<void> {
  await expect.poll(() => leftIn(temporary), { timeout: 5_000 }).toEqual([])
}

/** Until it prints that; undefined at once where nothing is waited for. */
async function stoppedAt(
  line: RegExp,
  signal: NodeJS.Signals,
): Promise<{ code: number | null; said: string }> {
  const project = await gitlabProject(join(folder.path, 'tool'), LONG)
  const child = startRehearsal({ project, temporary })
  const closed = once(child, 'close') as Promise<[number | null]>
  let said = ''
  await new Promise<void>((resolve) => {
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      if (line.test(said)) resolve()
    })
    child.once('close', () => resolve())
  })
  child.kill(signal)
  const [code] = await closed
  return { code, said }
}

describe('a rehearsal that is ended', { timeout: 60_000 }, () => {
  it.each([
    ['before the pipeline', /stand|answered by/, 'SIGINT', /error: stopped by Ctrl-C$/m],
    ['when the job begins', /job +started/, 'SIGINT', /stopped by Ctrl-C while job job ran; pipeline 1 is/],
    ['when the job begins, by another signal', /job +started/, 'SIGTERM', /stopped by SIGTERM while job job/],
  ] as const)('leaves no process, mount or file: %s', async (...[, line, signal, sentence]) => {
    const { code, said } = await stoppedAt(line, signal)
    expect(said).toMatch(line)
    expect(said).toMatch(sentence)
    expect(code).toBe(signal === 'SIGINT' ? 130 : 143)
    await expectNothingLeft()
  })

  it.each([0.2, 0.6, 1, 1.7])('leaves nothing after %f s, wherever it then is', async (seconds) => {
    const project = await gitlabProject(join(folder.path, 'tool'), LONG)
    const child = startRehearsal({ project, temporary })
    const closed = once(child, 'close')
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
    child.kill('SIGINT')
    await closed
    await expectNothingLeft()
  })
})

describe('a rehearsal that fails', { timeout: 60_000 }, () => {
  it('says which stage and shows why, and leaves nothing', async () => {
    const pipeline = `
stages: [build, verify]
build: { stage: build, script: [echo built] }
verify:
  stage: verify
  script:
    - echo a > wheel && sha256sum wheel > seal && echo b > wheel
    - sha256sum --check seal
`
    const project = await gitlabProject(join(folder.path, 'tool'), pipeline)
    const { code, stderr } = await rehearse({ project, temporary })
    expect(code).toBe(1)
    expect(stderr).toMatch(/stage verify failed \(exit 1\)/)
    expect(stderr).toMatch(/\| wheel: FAILED/)
    await expectNothingLeft()
  })

  it('says so when the disk is full, in the stage that fills it', async () => {
    const project = await gitlabProject(
      join(folder.path, 'tool'),
      `stages: [small, large, last]
small: { stage: small, script: ["true"] }
large: { stage: large, script: ["head -c 200000000 /dev/zero > large"] }
last: { stage: last, script: ["true"] }
`,
    )
    const small = `mount -t tmpfs -o size=60m,mode=755 tmpfs ${temporary} && exec "$@"`
    const inside = ['unshare', '--mount', ...(process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'])]
    const as = [...inside, 'sh', '-c', small, 'small']
    const { code, stderr } = await rehearse({ project, temporary, as })
    expect(code).toBe(1)
    expect(stderr).toMatch(/small +passed/)
    expect(stderr).toMatch(/No space left on device/)
    expect(stderr).toMatch(/stage large failed \(exit 1\)/)
    expect(stderr).not.toMatch(/last +(?:started|passed|failed)/)
  })

  it('refuses a project without a pipeline of its own, a missing script, a missing cosign', async () => {
    const project = join(folder.path, 'tool')
    await mkdir(project)
    await writeFile(join(project, 'pyproject.toml'), '[project]\n')
    expect(await rehearse({ project, temporary })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('nothing to rehearse'),
    })
    for (const flag of ['--then', '--cosign']) {
      const { code, stderr } = await rehearse({ project, temporary, more: [flag, join(folder.path, 'gone')] })
      expect([code, stderr]).toEqual([1, expect.stringContaining('gone')])
    }
    expect(await readdir(temporary)).toEqual([])
  })

  it('has no flag that keeps its data or asks another server', async () => {
    for (const flag of ['--data', '--url', '--external-url', '--listen'])
      expect(await runProgram([wheelseal, 'rehearse', flag, 'x'])).toMatchObject({ code: 2 })
  })
})
