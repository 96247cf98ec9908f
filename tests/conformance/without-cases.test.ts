import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { root, runProgram } from '../support/program.ts'

const LONG_MS = 120_000

it(
  'a clone without the cases beside it skips what needs them, and says so',
  async () => {
    const needing = globSync('tests/conformance/*.test.ts', { cwd: root }).filter((path) =>
      /^import \{.*\} from '\.\/cases\.ts'$/m.test(readFileSync(join(root, path), 'utf8')),
    )
    expect(needing.length).toBeGreaterThan(1)
    const env = { WHEELSEAL_SHARED: '/nowhere', CI: undefined, NO_COLOR: '1' }
    const { code, stdout, stderr } = await runProgram(['node_modules/.bin/vitest', 'run', ...needing], {
      cwd: root,
      env,
    })
    expect(code, stderr).toBe(0)
    expect(stdout).toMatch(new RegExp(`Test Files +${needing.length} skipped`))
    expect(stdout).toMatch(/Tests .*skipped/)
    expect(stderr).toContain('SKIPPED, because these are missing: /nowhere/cases')
  },
  LONG_MS,
)
