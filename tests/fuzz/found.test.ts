import { expect, it } from 'vitest'
import { parseLogEntry } from '../../src/formats/sigstore/index.ts'

/** What the fuzz found in parsers whose own tests stand elsewhere. */
it('a log entry under a name of 100,000 characters is refused in a few words', () => {
  expect(() => parseLogEntry({ ['f'.repeat(100_000)]: {} })).toThrow(/^.{1,450}$/)
})
