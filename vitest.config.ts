import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { configDefaults, defineConfig } from 'vitest/config'
import { LongestFirst } from './tests/support/sequence.ts'

/** They compile, or rehearse, for half a minute; scripts/test-executable runs them, in CI too. */
const OVER_THE_EXECUTABLE = [
  'tests/executable/**',
  'tests/edge/rehearse-ended.test.ts',
  'tests/edge/rehearse-flags.test.ts',
  'tests/stock/component.test.ts',
]

/** They take half a minute of a core and more: over the executable too, or with WHEELSEAL_TESTS=all. */
const LONGER = [
  'tests/conformance/distributions.test.ts',
  'tests/conformance/pipelines.test.ts',
  'tests/docs/run-lines.test.ts',
  'tests/gate/matrix.test.ts',
  'tests/stock/build-command.test.ts',
  'tests/stock/trust-check.test.ts',
]

const { WHEELSEAL_EXECUTABLE: executable, WHEELSEAL_TESTS: tests } = process.env

/** Tests hold no module state, so one worker serves many files. */
export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'tests/**/*.test.ts'],
    exclude: [
      ...configDefaults.exclude,
      ...(executable === undefined ? OVER_THE_EXECUTABLE : []),
      ...(executable === undefined && tests !== 'all' ? LONGER : []),
    ],
    // On a busy machine what is waited for comes late; it is looked at all the while.
    expect: { poll: { timeout: 10_000 } },
    globalSetup: 'tests/support/build.ts',
    // Not threads: a program that one of them starts holds, until it runs, the sockets that another has just closed.
    pool: 'forks',
    isolate: false,
    // More than cores: the longest files wait, for programs that they start and for the disk.
    maxWorkers: 2 * availableParallelism(),
    sequence: { sequencer: LongestFirst },
    testTimeout: 30_000,
    hookTimeout: 120_000,
    // The heads of throw-away logs do not belong to the user's.
    env: { XDG_STATE_HOME: join(tmpdir(), 'wheelseal-tests', 'state') },
  },
})
