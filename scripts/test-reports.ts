/** What `npm run check -- --tests` reads of runs of tests: vitest's JSON reports, and Bun's JUnit ones, which end in `.xml`. */
import { existsSync, readFileSync } from 'node:fs'

interface TestReport {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numFailedTestSuites: number
  readonly testResults: readonly TestFile[]
}

interface TestFile {
  readonly name: string
  readonly status: string
  readonly message: string
  readonly assertionResults: readonly {
    readonly fullName: string
    readonly status: string
    readonly failureMessages: readonly string[] | null
  }[]
}

export interface Counts {
  readonly passed: number
  readonly failed: number
}

/**
 * The sums of reports, each followed by the exit code of its run. What a report does not count still fails: a suite that
 * was not collected, an error outside of every test. What failed is printed, since a long run is read from its end.
 */
export function countTests([path, status, ...more]: readonly string[]): Counts {
  if (path === undefined) return { passed: 0, failed: 0 }
  const others = countTests(more)
  const text = readFileSync(path, 'utf8')
  const report = path.endsWith('.xml') ? readJUnit(text) : (JSON.parse(text) as TestReport)
  const skipped = report.numPendingTests
  if (skipped > 0) console.log(`FAIL ${skipped} skipped tests: in CI nothing may be skipped`)
  for (const line of report.testResults.flatMap(failuresOf)) console.log(`FAIL ${line}`)
  const broken = report.numFailedTests === 0 ? report.numFailedTestSuites : 0
  const failed = report.numFailedTests + skipped + broken
  const isUnexplained = failed === 0 && status !== '0'
  if (isUnexplained) printUnexplained(path, status)
  return {
    passed: others.passed + report.numPassedTests,
    failed: others.failed + (isUnexplained ? 1 : failed),
  }
}

function failuresOf({ name, status, message, assertionResults }: TestFile): readonly string[] {
  const failed = assertionResults.filter((one) => one.status === 'failed')
  if (failed.length === 0) return status === 'failed' ? [`${name}: ${message}`] : []
  return failed.map(({ fullName, failureMessages }) => `${name}: ${fullName}: ${failureMessages?.[0] ?? ''}`)
}

function printUnexplained(path: string, status: string | undefined): void {
  console.log(`FAIL the test run ended with ${status}, and no test did`)
  const errors = `${path}.errors`
  if (existsSync(errors)) console.log(readFileSync(errors, 'utf8'))
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
    testResults: [],
  }
}
