// Loaded first by Bun's own test runner, which stands in for vitest where the unit tests run on the runtime of the
// executable: what vitest has under other names.
import { describe, it } from 'bun:test'

describe.runIf = (isWanted) => describe.skipIf(!isWanted)
it.runIf = (isWanted) => it.skipIf(!isWanted)
