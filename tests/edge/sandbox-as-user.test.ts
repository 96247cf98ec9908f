import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { root, runProgram } from '../support/program.ts'

/** Neither root nor a user that a job of root becomes. */
const UID = 60_777
const VITEST = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')
const FILES = ['executor', 'escape', 'network', 'probe', 'killed', 'image'].map(
  (name) => `src/runner/sandbox/${name}.test.ts`,
)

/** Run by root, the same tests once more as an ordinary user; run by an ordinary user, they are that already. */
it('what holds of a sandbox for root holds for an ordinary user', async () => {
  if (process.geteuid?.() !== 0) return
  const home = mkdtempSync(join(tmpdir(), 'ws-user-'))
  chownSync(home, UID, UID)
  const become = ['setpriv', `--reuid=${UID}`, `--regid=${UID}`, '--clear-groups']
  const vitest = [process.execPath, VITEST, 'run', '--configLoader=runner', '--reporter=dot', ...FILES]
  try {
    const env = {
      HOME: home,
      TMPDIR: home,
      XDG_STATE_HOME: home,
      VITEST: undefined,
      VITEST_POOL_ID: undefined,
    }
    const { code, stdout, stderr } = await runProgram([...become, ...vitest], { cwd: root, env })
    expect([code, code === 0 ? '' : stdout + stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/Tests .*\d+ passed/)
    expect(stdout).not.toContain('skipped')
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}, 600_000)
