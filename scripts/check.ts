/**
 * The checks beside the tests: `npm run check`. With `--tests FILE STATUS…` (vitest's JSON reports and Bun's JUnit ones,
 * which end in `.xml`, each with its exit code) their counts go into the last line too, `N passed, N failed`, which is what CI reads. A skipped test counts as failed there.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { countTests } from './test-reports.ts'

const root = join(import.meta.dirname, '..')
const bin = join(root, 'node_modules', '.bin')

const checks: Readonly<Record<string, readonly string[]>> = {
  format: [join(bin, 'oxfmt'), '--check'],
  lint: [join(bin, 'oxlint'), '--type-aware', '--deny-warnings'],
  types: [join(bin, 'tsc'), '-p', '.'],
  architecture: [process.execPath, 'scripts/architecture.ts'],
  'dead code': [join(bin, 'knip')],
  'names that no commit may hold': [process.execPath, 'scripts/forbidden.ts'],
}

function runCheck([name, [program = '', ...args]]: [string, readonly string[]]): boolean {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: root, encoding: 'utf8' })
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${name}`)
  if (status !== 0) console.log(stdout + stderr)
  return status === 0
}

const results = Object.entries(checks).map(runCheck)
const flag = process.argv.indexOf('--tests')
const tests = countTests(flag === -1 ? [] : process.argv.slice(flag + 1))
const passed = tests.passed + results.filter(Boolean).length
const failed = tests.failed + results.filter((ok) => !ok).length
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
