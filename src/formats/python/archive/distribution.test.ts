import { describe, expect, it } from 'vitest'
import { utf8, utf8Decode } from '../../../base/index.ts'
import {
  distributionOf,
  gzipOf,
  metadataOf,
  sdistMembers,
  sourceOf,
  tarOf,
  type TarMember,
} from './arrange.ts'
import { checkDistribution, DISTRIBUTION_LIMITS, sameSpecifier, type DistributionReport } from './index.ts'

const WHEEL = 'my_pkg-1.0-py3-none-any.whl'
const SDIST = 'my_pkg-1.0.tar.gz'

const check = (fileName: string, bytes: Uint8Array): Promise<DistributionReport> =>
  checkDistribution(fileName, sourceOf(bytes))
const codes = ({ findings }: DistributionReport): readonly string[] =>
  findings.map(({ code }) => code.replace('distribution.', ''))

function sdistWith(files: Readonly<Record<string, TarMember | undefined>>, fileName = SDIST): Uint8Array {
  const honest = sdistMembers(fileName).filter(({ name }) => !(name in files))
  return gzipOf(tarOf([...honest, ...Object.values(files).filter((member) => member !== undefined)]))
}

describe('an honest distribution', () => {
  it.each([
    WHEEL,
    SDIST,
    'my-pkg-1.0.tar.gz',
    'My.Pkg-1.0.0-2b-py2.py3-none-any.whl',
    'a-1!2.0rc1+l.1.tar.gz',
  ])('%s has no findings, and says what it is', async (fileName) => {
    const report = await check(fileName, distributionOf(fileName, { requiresPython: '>=3.9,<4' }))
    expect(report.findings).toEqual([])
    expect(report.metadata?.core).toMatchObject({ requiresPython: '>=3.9,<4', metadataVersion: '2.1' })
    expect(report.metadata?.core.nameKey).toBe(report.file?.name)
    expect(utf8Decode(report.metadata?.bytes ?? utf8(''))).toContain('Metadata-Version: 2.1\n')
  })
})

const ROOT = 'my_pkg-1.0'
const good = metadataOf('my_pkg', '1.0')

describe('an sdist', () => {
  it.each<[string, string, Readonly<Record<string, TarMember | undefined>>]>([
    ['missing-file', 'without PKG-INFO', { [`${ROOT}/PKG-INFO`]: undefined }],
    [
      'missing-file',
      'with a link for PKG-INFO',
      { [`${ROOT}/PKG-INFO`]: { name: `${ROOT}/PKG-INFO`, type: '2', target: 'module.py' } },
    ],
    [
      'missing-file',
      'with PKG-INFO in a folder only',
      { [`${ROOT}/PKG-INFO`]: { name: `${ROOT}/x/PKG-INFO`, content: good } },
    ],
    ['root', 'with a second root', { x: { name: 'other/x' } }],
    ['root', 'with a file beside its root', { x: { name: 'x' } }],
    [
      'metadata',
      'with malformed metadata',
      { [`${ROOT}/PKG-INFO`]: { name: `${ROOT}/PKG-INFO`, content: 'x' } },
    ],
    [
      'metadata',
      'with very large metadata',
      {
        [`${ROOT}/PKG-INFO`]: {
          name: `${ROOT}/PKG-INFO`,
          content: good + 'x'.repeat(DISTRIBUTION_LIMITS.maxMetadataBytes),
        },
      },
    ],
    [
      'mismatch',
      'of another name',
      { [`${ROOT}/PKG-INFO`]: { name: `${ROOT}/PKG-INFO`, content: metadataOf('other', '1.0') } },
    ],
    [
      'mismatch',
      'of another version',
      { [`${ROOT}/PKG-INFO`]: { name: `${ROOT}/PKG-INFO`, content: metadataOf('my_pkg', '1.1') } },
    ],
  ])('is refused as %s %s', async (code, _what, files) => {
    expect(codes(await check(SDIST, sdistWith(files)))).toContain(code)
  })

  it('may have a folder in another spelling of its name, and none of another name', async () => {
    expect(codes(await check('my-pkg-1.0.0.tar.gz', distributionOf(SDIST)))).toEqual([])
    expect(codes(await check('my_pkg-1.1.tar.gz', distributionOf(SDIST)))).toEqual(['root', 'mismatch'])
  })

  it('is refused by its name alone where it has none', async () => {
    expect((await check('x.egg', distributionOf(WHEEL))).findings).toMatchObject([
      { code: 'python.file-name' },
    ])
  })

  it('that is a zip, or a wheel that is a tar, is refused', async () => {
    expect(codes(await check(SDIST, distributionOf(WHEEL)))).toEqual(['structure'])
    expect(codes(await check(WHEEL, distributionOf(SDIST)))).toEqual(['structure'])
    expect((await check('my_pkg-1.0.zip', distributionOf(WHEEL))).findings).toMatchObject([
      { code: 'python.file-name' },
    ])
  })
})

describe('sameSpecifier', () => {
  it.each([
    ['>=3.9,<4', '<4, >=3.9', true],
    ['>= 3.9', '>=3.9', true],
    ['>=3.9', '>=3.9,', true],
    ['>=3.9', '>=3.8', false],
    ['>=3.9', '', false],
  ])('of %j and %j is %j', (one, other, isSame) => {
    expect(sameSpecifier(one, other)).toBe(isSame)
  })
})
