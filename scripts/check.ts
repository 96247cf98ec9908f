/**
 * The checks beside the tests: `npm run check`. With `--tests FILE STATUS…` (vitest's JSON reports and Bun's JUnit ones,
 * which end in `.xml`, each with its exit code) their counts go into the last line too, `N passed, N failed`, which is what CI reads. A skipped test counts as failed there.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

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

interface TestReport {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numFailedTestSuites: number
}

function runCheck([name, [program = '', ...args]]: [string, readonly string[]]): boolean {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: root, encoding: 'utf8' })
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${name}`)
  if (status !== 0) console.log(stdout + stderr)
  return status === 0
}

/** Of its first element, which has the sums. One that names none counts as a failure. */
function readJUnit(text: string): TestReport {
  const [sums = ''] = /<testsuites [^>]*>/.exec(text) ?? []
  const count = (name: string): number =>
    Number(new RegExp(` ${name}="(\\d+)"`).exec(sums)?.[1] ?? Number.NaN)
  const [tests, failed, skipped] = [count('tests'), count('failures'), count('skipped')]
  const isWhole = tests > 0 && failed >= 0 && skipped >= 0
  return {
    numPassedTests: isWhole ? tests - failed - skipped : 0,
    numFailedTests: isWhole ? failed : 1,
    numPendingTests: isWhole ? skipped : 0,
    numFailedTestSuites: 0,
  }
}

/** What the report does not count still fails: a suite that was not collected, an error outside of every test. */
function readTests([path, status, ...more]: readonly string[]): { passed: number; failed: number } {
  if (path === undefined) return { passed: 0, failed: 0 }
  const others = readTests(more)
  const text = readFileSync(path, 'utf8')
  const report = path.endsWith('.xml') ? readJUnit(text) : (JSON.parse(text) as TestReport)
  const skipped = report.numPendingTests
  if (skipped > 0) console.log(`FAIL ${skipped} skipped tests: in CI nothing may be skipped`)
  const broken = report.numFailedTests === 0 ? report.numFailedTestSuites : 0
  const failed = report.numFailedTests + skipped + broken
  const isUnexplained = failed === 0 && status !== '0'
  if (isUnexplained) console.log(`FAIL the test run ended with ${status}, and no test did`)
  return {
    passed: others.passed + report.numPassedTests,
    failed: others.failed + (isUnexplained ? 1 : failed),
  }
}

const results = Object.entries(checks).map(runCheck)
const flag = process.argv.indexOf('--tests')
const tests = readTests(flag === -1 ? [] : process.argv.slice(flag + 1))
const passed = tests.passed + results.filter(Boolean).length
const failed = tests.failed + results.filter((ok) => !ok).length
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
