import { expect, it } from 'vitest'
import { root, runProgram } from '../support/program.ts'

it('a clone without the cases beside it skips what needs them, and says so', async () => {
  const env = { WHEELSEAL_SHARED: '/nowhere', CI: undefined, NO_COLOR: '1' }
  const vitest = ['node_modules/.bin/vitest', 'run', 'tests/conformance', '--exclude', '**/{stock,without}-*']
  const { code, stdout, stderr } = await runProgram(vitest, { cwd: root, env })
  expect(code, stderr).toBe(0)
  expect(stdout).toMatch(/Tests .*skipped/)
  expect(stderr).toContain('SKIPPED, because these are missing: /nowhere/cases')
})
