import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FILES, NAMES, VERSIONS } from './arrange.ts'
import {
  compareVersions,
  distributionKey,
  isFinal,
  isName,
  nameInFileNames,
  normalizeName,
  otherSdistName,
  parseFileName,
  parseVersion,
} from './index.ts'

const NO_NAMES = [
  '',
  '-a',
  'a-',
  '.a',
  'a.',
  '_a',
  'a b',
  'a\n',
  'a\u0000',
  '../a',
  'a/b',
  'a\\b',
  'ｆｏｏ',
  'а',
  'a'.repeat(129),
]

const NO_VERSIONS = [
  '',
  'x',
  '1.',
  '1..0',
  '1.0 ',
  '\n1.0',
  '1.0+',
  '1.0+a_',
  '1.0-',
  '1.0++a',
  '١.٠',
  `1.${'1'.repeat(16)}`,
  '1'.repeat(129),
]

const MANY_TAGS = Array.from({ length: 25 }, (_, index) => `p${index}`).join('.')
const NO_FILES = [
  '',
  'foo.whl',
  'foo-1.0.whl',
  'foo-1.0-py3-none-any-more-parts.whl',
  'foo-1.0-build-py3-none-any.whl',
  'foo__bar-1.0-py3-none-any.whl',
  'foo-x-py3-none-any.whl',
  'foo-1.0-py3--any.whl',
  'foo-1.0-py3.-none-any.whl',
  'foo-1.0-py3.3-none-any.whl',
  `foo-1.0-${MANY_TAGS}-${MANY_TAGS}-any.whl`,
  'foo-1.0-py3-none-any.WHL',
  '-1.0.tar.gz',
  'foo.tar.gz',
  'foo-.tar.gz',
  'foo-1.0.zip',
  'foo-1.0.tar.bz2',
  '../foo-1.0.tar.gz',
  '..%2ffoo-1.0.tar.gz',
  'a/foo-1.0.tar.gz',
  'a\\foo-1.0.tar.gz',
  'foo-1.0.tar.gz\u0000',
  'foo-1.0.tar.gz\n',
  'ｆoo-1.0.tar.gz',
  `${'f'.repeat(256)}-1.0.tar.gz`,
]

describe('names', () => {
  it.each(NAMES)('normalises %j', (name, normal) => {
    expect(normalizeName(name)).toBe(normal)
    expect(nameInFileNames(name)).toBe(normal.replaceAll('-', '_'))
  })
  it.each(NO_NAMES)('refuses %j', (name) => {
    expect(isName(name)).toBe(false)
    expect(() => normalizeName(name)).toThrow(expect.objectContaining({ code: 'python.name' }))
  })
  it('are the same after a second normalisation', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9._-]{1,20}$/).filter(isName), (name) => {
        expect(normalizeName(normalizeName(name))).toBe(normalizeName(name))
      }),
    )
  })
})

describe('versions', () => {
  it.each(VERSIONS)('normalises %j', (text, normal, key) => {
    expect(parseVersion(text)).toEqual({ normal, key })
  })
  it.each(NO_VERSIONS)('refuses %j', (text) => {
    expect(() => parseVersion(text)).toThrow(expect.objectContaining({ code: 'python.version' }))
  })
})

describe('file names', () => {
  it('of a wheel give name, version, build and tags', () => {
    expect(parseFileName('Foo_Bar-1.0-1build-py3.PY2.py3-none-any.whl')).toEqual({
      kind: 'wheel',
      fileName: 'Foo_Bar-1.0-1build-py3.PY2.py3-none-any.whl',
      name: 'foo-bar',
      version: { normal: '1.0', key: '1' },
      build: '1build',
      pythonTags: ['py2', 'py3'],
      abiTags: ['none'],
      platformTags: ['any'],
    })
  })
  it('of an sdist give name and version, in the old spellings too', () => {
    const version = { normal: '1.0.0', key: '1' }
    for (const fileName of ['my_pkg-1.0.0.tar.gz', 'my-pkg-1.0.0.tar.gz', 'My.Pkg-1.0.0.tar.gz']) {
      expect(parseFileName(fileName)).toEqual({ kind: 'sdist', fileName, name: 'my-pkg', version })
    }
  })
  it.each(FILES)('accepts %j', (fileName) => {
    expect(parseFileName(fileName).fileName).toBe(fileName)
  })
  it.each(NO_FILES)('refuses %j', (fileName) => {
    expect(() => parseFileName(fileName)).toThrow(expect.objectContaining({ code: 'python.file-name' }))
  })
})

describe('otherSdistName', () => {
  const other = (fileName: string): string | undefined => otherSdistName(parseFileName(fileName))
  it.each([
    ['acme-1.0-2.tar.gz', 'acme'],
    ['acme-tools-1.0-2.tar.gz', 'acme-tools'],
    [`acme-1.${'7'.repeat(16)}-2.tar.gz`, 'acme'],
    [`a-1.${'7.'.repeat(61)}7-123456789.tar.gz`, 'a'],
  ])('is what an installer may read in %j', (fileName, name) => {
    expect(other(fileName)).toBe(name)
  })
  it.each(['acme-1.0.tar.gz', 'acme-tools-1.0.tar.gz', 'acme-x-2.tar.gz', 'acme-1.0-2-py3-none-any.whl'])(
    'is nothing for %j',
    (fileName) => {
      expect(other(fileName)).toBeUndefined()
    },
  )
})

describe('distributionKey', () => {
  const key = (fileName: string): string => distributionKey(parseFileName(fileName))
  it.each([
    ['my_pkg-1.0.tar.gz', 'My-Pkg-1.0.0.tar.gz'],
    ['a-1-py2.py3-none-any.whl', 'A-1.0-py3.py2-none-any.whl'],
    ['a-1-01-py3-none-any.whl', 'a-1-1-py3-none-any.whl'],
  ])('is one for %j and %j', (one, other) => {
    expect(key(one)).toBe(key(other))
  })
  it.each([
    ['a-1.tar.gz', 'a-1-py3-none-any.whl'],
    ['a-1-py3-none-any.whl', 'a-1-1-py3-none-any.whl'],
    ['a-1-py3-none-any.whl', 'a-1-py2-none-any.whl'],
    ['a-1-py3-abi3-any.whl', 'a-1-py3-none-any.whl'],
    ['a-1.tar.gz', 'a-1.post1.tar.gz'],
  ])('is another for %j and %j', (one, other) => {
    expect(key(one)).not.toBe(key(other))
  })
})

describe('versions', () => {
  it('are in the order of PEP 440', () => {
    const ordered = ['1.0.dev1', '1.0a1', '1.0rc1', '1.0', '1.0+local', '1.0.post1', '1.9', '1.10', '1!0.1']
    expect(ordered.toReversed().toSorted(compareVersions)).toEqual(ordered)
  })

  it('are final but for pre-releases and development releases', () => {
    const all = ['1.0.dev1', '1.0a1', '1.0rc1', '1.0.post1.dev2', '1.0', '1.0.post1', '1.0+local']
    expect(all.filter(isFinal)).toEqual(['1.0', '1.0.post1', '1.0+local'])
  })
})
