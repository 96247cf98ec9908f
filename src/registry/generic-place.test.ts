import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseFileName } from '../formats/python/index.ts'
import { checkGenericPlace, keptName, savedName, sideFileOf } from './generic-place.ts'

const ENDINGS = ['.sig', '.crt', '.sigstore.json', '.publish.attestation', '.asc']

it.each([
  'pkg-1!2.0-py3-none-any.whl',
  'pkg-12!2.0rc1.post3.dev4+local.5.tar.gz',
  'My.Pkg-1.0-1_a-cp311.cp312-abi3.none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl',
  `${'a'.repeat(128)}-1${'.10'.repeat(39)}0.tar.gz`,
])('there is a place for what belongs to %s', (fileName) => {
  const { version } = parseFileName(fileName)
  for (const ending of ENDINGS) {
    const place = { name: 'project', version: version.normal, fileName: `${fileName}${ending}` }
    expect(() => checkGenericPlace(place)).not.toThrow()
  }
})

const PLACE = { name: 'p', version: '1' }

describe('any file name', () => {
  const texts = fc.oneof(
    fc.string({
      unit: fc.constantFrom('a', 'Z', '0', '.', '..', '/', '~', '@', '%', '2F', '\\\\', ' ', '\u0000', 'é'),
    }),
    fc.string({ unit: 'binary' }),
  )

  it('that is taken stays below its package, and comes back from what is kept', () => {
    let taken = 0
    fc.assert(
      fc.property(texts, (fileName) => {
        try {
          checkGenericPlace({ ...PLACE, fileName })
        } catch {
          return
        }
        taken += 1
        expect(fileName).toMatch(/^[A-Za-z0-9._+!~@/-]+$/)
        expect(new URL(`http://h/a/b/${fileName}`).pathname).toBe(`/a/b/${fileName}`)
        const kept = keptName({ ...PLACE, fileName })
        expect(kept).not.toContain('/')
        expect(decodeURIComponent(kept)).toBe(fileName)
        expect(savedName(kept)).toBe(fileName.split('/').at(-1))
      }),
      { numRuns: 5000 },
    )
    expect(taken).toBeGreaterThan(100)
  })
})

it.each([
  ['pkg-1.0-py3-none-any.whl.sig', 'pkg-1.0-py3-none-any.whl', '.sig'],
  ['pkg-1.0.tar.gz.crt', 'pkg-1.0.tar.gz', '.crt'],
  ['pkg-1.0.tar.gz.sigstore.json', 'pkg-1.0.tar.gz', '.sigstore.json'],
  ['pkg-1.0.tar.gz.publish.attestation', 'pkg-1.0.tar.gz', '.publish.attestation'],
])('%s belongs to %s', (fileName, distribution, ending) => {
  expect(sideFileOf(fileName)).toEqual({ distribution, ending })
})

it.each([
  'pkg-1.0.tar.gz',
  'pkg-1.0.tar.gz.asc',
  'pkg.sig',
  '.sig',
  'd%2Fpkg-1.0.tar.gz.sig',
  'pkg-1.0.tar.gz.SIG',
])('%s belongs to no distribution', (fileName) => {
  expect(sideFileOf(fileName)).toBeUndefined()
})
