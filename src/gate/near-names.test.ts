import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nearNames } from './near-names.ts'

describe('names that are nearly a known one', () => {
  it.each([
    ['a character more', 'requestss'],
    ['a character more in front', 'xrequests'],
    ['a character less', 'requets'],
    ['another character', 'reqvests'],
    ['two neighbours swapped', 'reqeusts'],
    ['a dash more', 'request-s'],
  ])('%s', (_, name) => {
    expect(nearNames([name], ['numpy', 'requests'])).toEqual([{ name, near: 'requests' }])
  })

  it.each([
    ['the name itself', 'requests'],
    ['another known name', 'requestz'],
    ['two edits', 'reqeustss'],
    ['two swaps', 'erqeusts'],
    ['two that are swapped over a third', 'reqseuts'],
    ['nothing like it', 'flask'],
  ])('are not %s', (_, name) => {
    expect(nearNames([name], ['requests', 'requestz'])).toEqual([])
  })

  it('are not short ones, and not very long ones', () => {
    expect(nearNames(['six', 'pipx', 'a'.repeat(65)], ['sip', 'pip', 'a'.repeat(64)])).toEqual([])
  })

  it('are few of many, and none beyond those that are looked at', () => {
    const known = Array.from({ length: 5000 }, (_, at) => `package-${String(at).padStart(8, 'x')}`)
    const near = nearNames(['package-xxxxxxxx', `${known[4999]!}-`], known)
    expect(near).toEqual([{ name: 'package-xxxxxxxx', near: 'package-xxxxxxx0' }])
  })

  it('are found by any edit at any place', () => {
    const name = fc.string({ unit: fc.constantFrom('a', 'b', '-', '1'), minLength: 5, maxLength: 12 })
    const edit = fc.record({ place: fc.nat(), by: fc.constantFrom('c', 'a'), kind: fc.nat(3) })
    fc.assert(
      fc.property(name, edit, (known, { place, by, kind }) => {
        const at = place % known.length
        const [start, end] = [known.slice(0, at), known.slice(at)]
        const edits = [start + by + end, start + end.slice(1), start + by + end.slice(1)]
        const swap = start + end.slice(1, 2) + end.slice(0, 1) + end.slice(2)
        const edited = [...edits, swap][kind]!
        expect(nearNames([edited], [known])).toEqual(edited === known ? [] : [{ name: edited, near: known }])
      }),
    )
  })
})
