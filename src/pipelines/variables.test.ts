import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isoTime } from './iso-time.ts'
import { slug } from './variables.ts'

describe('times in variables', () => {
  it('are those of the calendar', () => {
    const ms = fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 })
    fc.assert(
      fc.property(ms, (time) => {
        expect(isoTime(time)).toBe(new Date(time).toISOString().replace(/\.\d+Z$/, 'Z'))
      }),
    )
  })
})

describe('a slug', () => {
  it.each([
    ['main', 'main'],
    ['Feature/ÄB_c', 'feature--b-c'],
    ['--a--', 'a'],
    ['x'.repeat(80), 'x'.repeat(63)],
    [`${'x'.repeat(62)}/y`, 'x'.repeat(62)],
    ['group/sub/project', 'group-sub-project'],
  ])('of %s is %s', (text, wanted) => {
    expect(slug(text)).toBe(wanted)
  })
})
