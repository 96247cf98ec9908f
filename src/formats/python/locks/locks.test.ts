import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utf8, WheelsealError } from '../../../base/index.ts'
import { LOCK_LIMITS, readLock, type Lock, type LockedDistribution } from './index.ts'

/** What the tools wrote of one project: uv 0.13.9, pip 26.3, Poetry 2.5.1, PDM 2.29.4. */
const cases = join(import.meta.dirname, '../../../../tests/cases/locks')

function textOf(name: string): string {
  return readFileSync(join(cases, name), 'utf8')
}

function read(path: string, text: string): Lock {
  return readLock({ path, bytes: utf8(text) })
}

function only(path: string, text: string): LockedDistribution {
  const { distributions } = read(path, text)
  expect(distributions).toHaveLength(1)
  return distributions[0] as LockedDistribution
}

const DIGESTS: Readonly<Record<string, readonly string[]>> = {
  'alpha 1.0': ['64ffd0', '89f4f9'],
  'beta 2.0': ['76c4fe', '90588b'],
  'delta 3.0': ['84f73c'],
  'gamma-tools 0.1': ['f43b5e'],
}

/** By name and version, in order, with the beginnings of its digests. */
function digestsOf({ distributions }: Lock): Readonly<Record<string, readonly string[]>> {
  const rows = distributions
    .filter(({ files }) => files.length > 0)
    .map(({ name, version, files }) => [
      `${name} ${version}`,
      files.map(({ sha256 }) => String(sha256).slice(0, 6)).toSorted(),
    ])
  return Object.fromEntries(rows.toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1))) as typeof DIGESTS
}

describe('the locks of one project', () => {
  it.each([
    ['uv.lock', 'uv'],
    ['poetry.lock', 'poetry'],
    ['pdm.lock', 'pdm'],
    ['pdm.static-urls.lock', 'pdm'],
    ['pylock.uv.toml', 'pylock'],
    ['pylock.pdm.toml', 'pylock'],
    ['requirements.txt', 'requirements'],
  ])('say the same, read as they were written: %s', (name, format) => {
    const lock = read(name, textOf(name))
    expect(lock.format).toBe(format)
    expect(digestsOf(lock)).toEqual(DIGESTS)
  })

  it('have of pip the files that it has chosen', () => {
    const chosen = { ...DIGESTS, 'alpha 1.0': ['89f4f9'], 'beta 2.0': ['90588b'] }
    expect(digestsOf(read('pylock.pip.toml', textOf('pylock.pip.toml')))).toEqual(chosen)
  })

  it.each([
    'uv.lock',
    'poetry.lock',
    'pdm.lock',
    'pylock.uv.toml',
    'pylock.pip.toml',
    'requirements.txt',
    'freeze.txt',
  ])('have each package with its line: %s', (name) => {
    const lines = textOf(name).split('\n')
    for (const { name: project, line } of read(name, textOf(name)).distributions) {
      const [own = '', next = ''] = lines.slice(line - 1)
      expect(`${own} ${next}`.replace('gamma_', 'gamma-')).toContain(project)
    }
  })

  it.each([
    ['uv.lock', ['registry', 'url', 'vcs', 'path']],
    ['poetry.lock', ['registry', 'url', 'vcs']],
    ['pdm.lock', ['registry', 'url']],
    ['pylock.uv.toml', ['registry', 'url', 'vcs']],
    ['requirements.txt', ['registry', 'url', 'vcs']],
    ['freeze.txt', ['registry', 'url', 'path']],
  ])('say where a package comes from: %s', (name, kinds) => {
    const found = read(name, textOf(name)).distributions.map(({ source }) => source.kind)
    expect(new Set(found)).toEqual(new Set(kinds))
  })

  it('have no bytes in what pip freeze prints, but of a direct URL', () => {
    expect(digestsOf(read('-', textOf('freeze.txt')))).toEqual({ 'delta 3.0': ['84f73c'] })
  })

  it('name the index, or leave it to the installer', () => {
    const indexOf = (name: string): unknown => read(name, textOf(name)).distributions[0]?.source
    expect(indexOf('uv.lock')).toEqual({ kind: 'registry', index: 'https://index.example/simple/' })
    expect(indexOf('poetry.lock')).toEqual({ kind: 'registry', index: 'https://index.example/simple' })
    expect(indexOf('pdm.lock')).toEqual({ kind: 'registry', index: null })
  })
})

const PYLOCK = 'lock-version = "1.0"\ncreated-by = "test"\n'

describe('a lock in TOML', () => {
  it.each([
    ['pylock.toml', 'lock-version = "1.1"\npackages = []'],
    ['pylock.toml', 'packages = []'],
    ['uv.lock', 'version = 2'],
    ['uv.lock', ''],
    ['poetry.lock', '[metadata]\nlock-version = "3.0"'],
    ['poetry.lock', '[metadata]\nlock-version = "1.1"'],
    ['pdm.lock', '[metadata]\nlock_version = "5.0"'],
    ['pdm.lock', '[metadata]\nlock_version = "4.6.0"'],
  ])('of another version is refused: %s with %s', (path, text) => {
    expect(() => read(path, text)).toThrow(expect.objectContaining({ code: 'lock.version' }))
  })

  it.each([
    ['pylock.toml', `${PYLOCK}[[packages]]\nname = "a"\nversion = "1"\n`, /:3: a comes in 0 ways/],
    [
      'pylock.toml',
      `${PYLOCK}[[packages]]\nname = "a"\narchive = {url = "https://x.example/a-1.zip"}\nwheels = []\n`,
      /:3: a comes in 2 ways/,
    ],
    ['pylock.toml', PYLOCK, /packages is missing/],
    ['pylock.toml', `${PYLOCK}packages = 1`, /must be an array of tables/],
    [
      'uv.lock',
      'version = 1\n\n[[package]]\nname = "a"\nsource = { cvs = "x" }\n',
      /:3: source must have exactly one key/,
    ],
    [
      'uv.lock',
      'version = 1\n[[package]]\nname = "a"\nsource = { registry = "x", git = "y" }\n',
      /:2: source must have exactly one key/,
    ],
    ['uv.lock', 'version = 1\n[[package]]\nname = 7\nsource = { git = "y" }\n', /:2: name: /],
    [
      'uv.lock',
      'version = 1\n[[package]]\nname = "-"\nsource = { git = "y" }\n',
      /:2: .*is not a package name/,
    ],
    [
      'uv.lock',
      'version = 1\n[[package]]\nname = "a"\nsource = { registry = "y" }\nwheels = [{ url = "x", hash = "sha256:1" }]\n',
      /:2: .*is not a digest/,
    ],
    ['uv.lock', 'version = = 1', /:1: /],
    ['poetry.lock', '[metadata]\n', /lock-version/],
    [
      'poetry.lock',
      '[[package]]\nname = "a"\nversion = "1"\nfiles = []\nsource = {type = "new", url = "x"}\n[metadata]\nlock-version = "2.1"\n',
      /:1: new is not a known type/,
    ],
  ])('that is malformed is refused with its line: %s, case %#', (path, text, fact) => {
    expect(() => read(path, text)).toThrow(
      expect.objectContaining({ code: 'lock.malformed', message: expect.stringMatching(fact) as unknown }),
    )
  })

  it('has the right line after texts that look like headers', () => {
    const text = `version = 1\nnote = """\n[[package]]\n""" # [[package]]\nlist = [\n  [1], # ]\n  '[[package]]',\n]\n [[ package ]] # x\nname = "a"\nsource = { git = "x" }\n`
    expect(only('uv.lock', text).line).toBe(9)
  })

  it('has line 1 for packages that stand under no headers', () => {
    expect(only('uv.lock', 'version = 1\n\npackage = [{ name = "a", source = { git = "x" } }]\n').line).toBe(
      1,
    )
  })

  it('has the identities of its packages', () => {
    const text = `${PYLOCK}[[packages]]\nname = "a"\nversion = "1"\nwheels = []\n[[packages.attestation-identities]]\nkind = "GitLab"\nrepository = "acme/a"\n`
    expect(only('pylock.toml', text).identities).toEqual([{ kind: 'GitLab', repository: 'acme/a' }])
  })
})

describe('a file that is no lock', () => {
  it.each(['setup.py', 'Pipfile.lock', 'pylock.a.b.toml', 'pyproject.toml', 'x.uv.lock'])(
    'is refused by its name: %s',
    (path) => {
      expect(() => read(path, '')).toThrow(expect.objectContaining({ code: 'lock.unknown', exit: 2 }))
    },
  )

  it('is refused where it is too large, has too many packages, or is no text', () => {
    const deep = `version = 1\n[${'a.'.repeat(LOCK_LIMITS.maxTables + 1)}b]`
    expect(() => read('uv.lock', deep)).toThrow(expect.objectContaining({ code: 'base.too-large' }))
    const large = { path: 'uv.lock', bytes: new Uint8Array(LOCK_LIMITS.maxBytes + 1) }
    expect(() => readLock(large)).toThrow(expect.objectContaining({ code: 'base.too-large' }))
    const many = 'a\n'.repeat(LOCK_LIMITS.maxPackages + 1)
    expect(() => read('requirements.txt', many)).toThrow(expect.objectContaining({ code: 'base.too-large' }))
    const noText = { path: 'requirements.txt', bytes: Uint8Array.of(0xff, 0xfe, 0) }
    expect(() => readLock(noText)).toThrow(expect.objectContaining({ code: 'lock.malformed' }))
  })
})

describe('whatever is read as a lock', () => {
  const names = ['requirements.txt', 'uv.lock', 'poetry.lock', 'pdm.lock', 'pylock.toml']
  const real = [
    'requirements.txt',
    'uv.lock',
    'poetry.lock',
    'pdm.lock',
    'pylock.pip.toml',
    'freeze.txt',
  ].map(textOf)

  function readOrRefuse(path: string, text: string): void {
    try {
      read(path, text)
    } catch (error) {
      if (!(error instanceof WheelsealError)) throw error
    }
  }

  it('is read, or refused with a code: any text', () => {
    fc.assert(fc.property(fc.constantFrom(...names), fc.string({ unit: 'binary' }), readOrRefuse))
  })

  it('is read, or refused with a code: a lock with a part of another', () => {
    const mutated = fc
      .tuple(fc.constantFrom(...real), fc.constantFrom(...real), fc.nat(), fc.nat(), fc.nat({ max: 200 }))
      .map(([a, b, at, from, length]) => {
        const cut = at % a.length
        const part = b.slice(from % b.length).slice(0, length)
        return a.slice(0, cut) + part + a.slice(cut + (length % 7))
      })
    fc.assert(fc.property(fc.constantFrom(...names), mutated, readOrRefuse))
  })
})
