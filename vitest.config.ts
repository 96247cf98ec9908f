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

/** Tests hold no module state, so one worker serves many files. */
export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'tests/**/*.test.ts'],
    exclude: [
      ...configDefaults.exclude,
      ...(process.env['WHEELSEAL_EXECUTABLE'] === undefined ? OVER_THE_EXECUTABLE : []),
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
