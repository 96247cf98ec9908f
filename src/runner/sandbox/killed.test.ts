import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { arrangeSandboxes, type SandboxTest } from './arrange.contract.ts'
import { isRunning, marker } from './host-traces.contract.ts'

const PATIENCE = { timeout: 20_000, interval: 50 }
let sandboxes: SandboxTest
beforeAll(() => {
  sandboxes = arrangeSandboxes()
})
afterAll(() => sandboxes.close())

/** A runner of its own with one job, which has left its session and ignores what asks it to end. */
const RUNNER = `
import { arrangeSandboxes } from '${join(import.meta.dirname, 'arrange.contract.ts')}'
const [, , work, seconds] = process.argv
const job = await arrangeSandboxes().job({ work })
const script = 'trap "" TERM HUP; mkdir locked; chmod 0 locked; setsid nohup sleep ' + seconds + ' & echo started; wait'
await job.sh(script, { onText: (text) => text.includes('\\nstarted\\n') && console.log('started') })
`

describe('a runner that is killed', () => {
  it('leaves no process of its job and no mount, and its folders to the next one', async () => {
    const work = join(sandboxes.top, 'work')
    const seconds = marker()
    const argv = ['--input-type=module', '-e', RUNNER, 'runner', work, seconds]
    const runner: ChildProcess = spawn(process.execPath, argv, {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, TMPDIR: sandboxes.top },
    })
    await once(runner.stdout ?? runner, 'data')
    // It is forked by then, and may not have begun its program.
    await vi.waitFor(() => expect(isRunning(seconds)).toBe(true), PATIENCE)
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    runner.kill('SIGKILL')
    await once(runner, 'exit')
    await vi.waitFor(() => expect(isRunning(seconds)).toBe(false), PATIENCE)
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).toBe(mounts)
    expect(readdirSync(work)).toContain('job-1')
    const next = await sandboxes.job()
    expect(next.place.folders.host.root).toBe(join(work, 'job-1'))
    expect((await next.sh('ls -A')).output).toBe('')
    await next.place.close()
    expect(existsSync(join(work, 'job-1'))).toBe(false)
  }, 60_000)
})
