import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FILES, NAMES, VERSIONS } from '../../src/formats/python/arrange.ts'
import { normalizeName, otherSdistName, parseFileName, parseVersion } from '../../src/formats/python/index.ts'
import { present, python } from '../support/judges.ts'

const ORACLE = `
import json, sys
from packaging.utils import canonicalize_name, canonicalize_version, parse_sdist_filename, parse_wheel_filename
from packaging.version import Version
from pip._internal.index.package_finder import _extract_version_from_fragment
def file(name):
    if name.endswith('.whl'):
        project, version, build, tags = parse_wheel_filename(name)
    else:
        project, version = parse_sdist_filename(name)
    return [project, str(version), canonicalize_version(version)]
def attempt(work, text):
    try: return work(text)
    except Exception: return None
def installed(name):
    stem, read = name.removesuffix('.tar.gz'), []
    for at in [index for index, letter in enumerate(stem) if letter == '-']:
        project = canonicalize_name(stem[:at])
        version = _extract_version_from_fragment(stem, project)
        if version is not None and attempt(Version, version) is not None and project not in read: read.append(project)
    return read
asked = json.load(sys.stdin)
json.dump({
    'versions': [attempt(lambda text: [str(Version(text)), canonicalize_version(text)], text) for text in asked['versions']],
    'files': [attempt(file, name) for name in asked['files']],
    'sdists': [installed(name) for name in asked['sdists']],
    'names': [canonicalize_name(name) for name in asked['names']],
}, sys.stdout)
`
/** Parts between dashes that may belong to the name or to the version, also longer than what we read of a version. */
const digits = fc.integer({ min: 1, max: 140 }).map((length) => '7'.repeat(length))
const namePart = fc.constantFrom('acme', 'tools', 'A.b', 'c_d', '1', '1.0', 'x1')
const versionPart = fc.oneof(
  fc.constantFrom('1', '1.0', '2.0a1', 'rc1', 'post', 'rev', 'dev', 'alpha', '1!2', '1.0+l.1', 'x'),
  digits,
  digits.map((part) => `1.${part}`),
)
const sdistName = fc
  .tuple(
    fc.array(namePart, { minLength: 1, maxLength: 2 }),
    fc.array(versionPart, { minLength: 1, maxLength: 3 }),
  )
  .map(([name, version]) => `${[...name, ...version].join('-')}.tar.gz`)

/** Our judge of names, versions and file names: what pip itself stands on. */
describe.runIf(present(python))("Python's packaging", () => {
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
  const sdists = fc.sample(sdistName, { numRuns: 3000, seed: 5 })
  const input = JSON.stringify({ versions, files, names, sdists })
  const run = spawnSync(python, ['-c', ORACLE], { input, encoding: 'utf8' })
  const said = JSON.parse(run.stdout || '{}') as {
    versions: ([string, string] | null)[]
    files: ([string, string, string] | null)[]
    names: string[]
    sdists: string[][]
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
  it('installs no sdist for another name than the one that we read, unless we say that there are two', () => {
    const seen = { one: 0, two: 0 }
    for (const [index, fileName] of sdists.entries()) {
      const ours = attempt(
        () => parseFileName(fileName),
        (file) => ({ name: file.name, other: otherSdistName(file) }),
      )
      if (ours === null) continue
      const others = said.sdists[index]?.filter((name) => name !== ours.name) ?? []
      expect([fileName, others.length > 0]).toEqual([fileName, ours.other !== undefined])
      if (ours.other !== undefined)
        expect([fileName, others[0]]).toEqual([fileName, normalizeName(ours.other)])
      seen[others.length > 0 ? 'two' : 'one'] += 1
    }
    expect(seen.one).toBeGreaterThan(300)
    expect(seen.two).toBeGreaterThan(100)
  })
})

function attempt<T, R>(parse: () => T, show: (value: T) => R): R | null {
  try {
    return show(parse())
  } catch {
    return null
  }
}
