import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isoTime, isoTimeMs, parseIsoTime } from './iso-time.ts'

const [FIRST, LAST] = [-62_167_219_200, 253_402_300_799]
const seconds = fc.integer({ min: FIRST, max: LAST })
/** Another calendar than that of `Date`. */
const calendar = new Intl.DateTimeFormat('sv-SE', {
  timeZone: 'UTC',
  dateStyle: 'short',
  timeStyle: 'medium',
})

describe('isoTime', () => {
  it.each([
    [0, '1970-01-01T00:00:00Z'],
    [951_868_799.9, '2000-02-29T23:59:59Z'],
    [-0.5, '1969-12-31T23:59:59Z'],
    [FIRST, '0000-01-01T00:00:00Z'],
    [LAST, '9999-12-31T23:59:59Z'],
  ])('of %d is %s', (time, text) => {
    expect(isoTime(time)).toBe(text)
  })

  it('is what Intl writes from the year 1600 on, and is read back', () => {
    const modern = fc.integer({ min: -11_676_096_000, max: LAST })
    fc.assert(
      fc.property(modern, (time) => {
        expect(isoTime(time)).toBe(`${calendar.format(time * 1000).replace(' ', 'T')}Z`)
        expect(parseIsoTime(isoTime(time))).toBe(time)
      }),
    )
  })

  it('compares as the times do', () => {
    fc.assert(fc.property(seconds, seconds, (a, b) => isoTime(a) < isoTime(b) === a < b))
  })

  it('refuses what has no date', () => {
    expect(() => isoTime(1e300)).toThrow(RangeError)
    expect(() => isoTime(Number.NaN)).toThrow(RangeError)
  })
})

describe('isoTimeMs', () => {
  it('has three digits of a second', () => {
    expect(isoTimeMs(1_767_323_045_007)).toBe('2026-01-02T03:04:05.007Z')
  })
})
