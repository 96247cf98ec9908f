import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it } from 'vitest'
import { root, startProgram } from './program.ts'

const OWNER = `
import { startProgram } from './tests/support/program.ts'
const child = startProgram(['sh', '-c', 'sleep 600 & echo $$ $!; wait'])
child.stdout.pipe(process.stdout)
`

describe('a program that tests have started', () => {
  it('ends with them, and with it what it started, also when they are killed', async () => {
    const tests = spawn(process.execPath, ['--input-type=module-typescript', '-e', OWNER], {
      cwd: join(root),
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = (await once(createInterface(tests.stdout), 'line')) as [string]
    const pids = line.split(' ').map(Number)
    expect(pids.map(isRunning)).toEqual([true, true])
    tests.kill('SIGKILL')
    await expect.poll(() => pids.map(isRunning), { timeout: 20_000 }).toEqual([false, false])
  })

  it('is the very process that was named, and leaves nothing of its group behind', async () => {
    const child = startProgram(['sh', '-c', 'sleep 600 >/dev/null 2>&1 & echo $$; cat; exit 3'])
    const [[code], [line]] = (await Promise.all([
      once(child, 'close'),
      once(createInterface(child.stdout), 'line'),
    ])) as [[number], [string]]
    expect([code, Number(line)]).toEqual([3, child.pid])
    await expect.poll(() => isRunning(-(child.pid ?? 0)), { timeout: 20_000 }).toBe(false)
  })
})

/** A process, or of a negative number any of the group. */
function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
