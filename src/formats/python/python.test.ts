import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  distributionKey,
  isName,
  nameInFileNames,
  normalizeName,
  parseFileName,
  parseVersion,
} from './index.ts'

const NAMES: readonly (readonly [string, string])[] = [
  ['friendly-bard', 'friendly-bard'],
  ['Friendly-Bard', 'friendly-bard'],
  ['FRIENDLY.BARD', 'friendly-bard'],
  ['friendly_bard', 'friendly-bard'],
  ['friendly--bard', 'friendly-bard'],
  ['FrIeNdLy-._.-bArD', 'friendly-bard'],
  ['a', 'a'],
  ['7', '7'],
]
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

const VERSIONS: readonly (readonly [string, string, string])[] = [
  ['1.0.0', '1.0.0', '1'],
  ['1.0', '1.0', '1'],
  ['0', '0', '0'],
  ['0.0', '0.0', '0'],
  ['v1.0', '1.0', '1'],
  ['1!2.0', '1!2.0', '1!2'],
  ['1.0-ALPHA', '1.0a0', '1a0'],
  ['1.0.c.4', '1.0rc4', '1rc4'],
  ['1.0-1', '1.0.post1', '1.post1'],
  ['1.0.rev', '1.0.post0', '1.post0'],
  ['1.0dev', '1.0.dev0', '1.dev0'],
  ['1.0a1.post2.dev3+Ubuntu-07', '1.0a1.post2.dev3+ubuntu.7', '1a1.post2.dev3+ubuntu.7'],
  ['01.002', '1.2', '1.2'],
  ['1.0+0e9.0x1f.infinity', '1.0+0e9.0x1f.infinity', '1+0e9.0x1f.infinity'],
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

const FILES = [
  'my_pkg-1.0.0-py3-none-any.whl',
  'my_pkg-1.0.0.tar.gz',
  'my-pkg-1.0.0.tar.gz',
  'My.Pkg-1.0.0.tar.gz',
  'foo_bar-1.0-1build-cp312.cp311-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl',
  'foo-1!2.0+local.1-py2.py3-none-any.whl',
  'foo-1.0+l.0.tar.gz',
  'a-0.tar.gz',
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

const ORACLE = `
import json, sys
from packaging.utils import canonicalize_name, canonicalize_version, parse_sdist_filename, parse_wheel_filename
from packaging.version import Version
def file(name):
    if name.endswith('.whl'):
        project, version, build, tags = parse_wheel_filename(name)
    else:
        project, version = parse_sdist_filename(name)
    return [project, str(version), canonicalize_version(version)]
def attempt(work, text):
    try: return work(text)
    except Exception: return None
asked = json.load(sys.stdin)
json.dump({
    'versions': [attempt(lambda text: [str(Version(text)), canonicalize_version(text)], text) for text in asked['versions']],
    'files': [attempt(file, name) for name in asked['files']],
    'names': [canonicalize_name(name) for name in asked['names']],
}, sys.stdout)
`
const hasOracle = spawnSync('python3', ['-c', 'import packaging']).status === 0
if (!hasOracle)
  console.warn('SKIPPED: python3 has no module `packaging`, the oracle of names, versions and file names')

describe.runIf(hasOracle)("python's packaging", () => {
  const versions = [
    ...VERSIONS.map(([text]) => text),
    ...fc.sample(
      fc.stringMatching(
        /^v?(?:[0-9]!)?[0-9]{1,2}(?:\.[0-9]){0,3}(?:[-_.]?(?:a|b|rc|alpha|pre|c)[-_.]?[0-9]?)?(?:[-_.]?(?:post|r|rev)[-_.]?[0-9]?|-[0-9])?(?:\.?dev[0-9]?)?(?:\+[a-z0-9]{1,3}(?:[-_.][a-z0-9]{1,2})?)?$/,
      ),
      { numRuns: 500, seed: 1 },
    ),
    ...fc.sample(fc.stringMatching(/^[v0-9.!abcr+_-]{1,8}$/), { numRuns: 500, seed: 2 }),
  ]
  const files = [
    ...FILES,
    ...fc.sample(
      fc.stringMatching(
        /^[aA](?:[aA_.-]{0,2}a)?-[0-9](?:[.a][0-9.])?(?:-[0-9a]{1,2})?-py[23](?:[.][a3])?-none-any\.whl$/,
      ),
      { numRuns: 500, seed: 3 },
    ),
    ...fc.sample(fc.stringMatching(/^[aA](?:[aA_.-]{0,2}a)?-[0-9](?:[.a][0-9.])?\.tar\.gz$/), {
      numRuns: 300,
      seed: 4,
    }),
  ]
  const names = NAMES.map(([name]) => name)
  const input = JSON.stringify({ versions, files, names })
  const run = spawnSync('python3', ['-c', ORACLE], { input, encoding: 'utf8' })
  const said = JSON.parse(run.stdout || '{}') as {
    versions: ([string, string] | null)[]
    files: ([string, string, string] | null)[]
    names: string[]
  }

  it('says the same of versions', () => {
    const ours = versions.map((text) =>
      attempt(
        () => parseVersion(text),
        ({ normal, key }) => [normal, key],
      ),
    )
    expect(ours).toEqual(said.versions)
  })
  it('says the same of names', () => {
    expect(names.map(normalizeName)).toEqual(said.names)
  })
  it('accepts every file name that we accept, for the same distribution', () => {
    let accepted = 0
    for (const [index, fileName] of files.entries()) {
      const ours = attempt(
        () => parseFileName(fileName),
        (file) => [file.name, file.version.normal, file.version.key],
      )
      if (ours === null) continue
      accepted += 1
      expect([fileName, said.files[index]]).toEqual([fileName, ours])
    }
    expect(accepted).toBeGreaterThan(100)
  })
})

function attempt<T, R>(parse: () => T, show: (value: T) => R): R | null {
  try {
    return show(parse())
  } catch {
    return null
  }
}
