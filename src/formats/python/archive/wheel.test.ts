import { describe, expect, it } from 'vitest'
import {
  bytesOf,
  distributionOf,
  metadataOf,
  recordOf,
  sourceOf,
  wheelMembers,
  zipOf,
  type ZipMember,
} from './arrange.ts'
import { checkDistribution, DISTRIBUTION_LIMITS, type DistributionReport } from './index.ts'

const WHEEL = 'my_pkg-1.0-py3-none-any.whl'
const INFO = 'my_pkg-1.0.dist-info'

const check = (fileName: string, bytes: Uint8Array): Promise<DistributionReport> =>
  checkDistribution(fileName, sourceOf(bytes))
const codes = ({ findings }: DistributionReport): readonly string[] =>
  findings.map(({ code }) => code.replace('distribution.', ''))

/** An honest wheel with some of its files replaced, left out (undefined) or added, and RECORD as it then has to be. */
function wheelWith(files: Readonly<Record<string, string | undefined>>, fileName = WHEEL): Uint8Array {
  const honest = wheelMembers(fileName).filter(({ name }) => !name.endsWith('/RECORD') && !(name in files))
  const added = Object.entries(files).flatMap(([name, content]) =>
    content === undefined ? [] : [{ name, content }],
  )
  const members = [...honest, ...added.filter(({ name }) => name !== `${INFO}/RECORD`)]
  const record =
    `${INFO}/RECORD` in files
      ? files[`${INFO}/RECORD`]
      : recordOf(members, fileName.split('-', 2).join('-') + '.dist-info')
  const last =
    record === undefined
      ? []
      : [{ name: `${fileName.split('-', 2).join('-')}.dist-info/RECORD`, content: record }]
  return zipOf([...members, ...last])
}

describe('an honest wheel', () => {
  it.each<[string, Uint8Array]>([
    [
      'scripts',
      wheelWith({
        [`${INFO}/entry_points.txt`]:
          '# x\n[console_scripts]\nmy-tool.x = my_pkg:main\n\n[gui_scripts]\nb=c:d\n[other]\n../x = y\n',
      }),
    ],
    ['a data folder', wheelWith({ 'my_pkg-1.0.data/scripts/x': '', 'my_pkg-1.0.data/purelib/y/z.py': '' })],
    [
      'signatures that RECORD does not list',
      zipOf([...wheelMembers(WHEEL), { name: `${INFO}/RECORD.jws`, content: 'x' }]),
    ],
    ['another .dist-info deep inside', wheelWith({ 'my_pkg/_vendor/x-1.dist-info/METADATA': '' })],
    ['names that RECORD quotes', zipOf(quoting())],
    [
      'metadata with CRLF',
      wheelWith({ [`${INFO}/METADATA`]: metadataOf('my_pkg', '1.0').replaceAll('\n', '\r\n') }),
    ],
    [
      'metadata with folded fields',
      wheelWith({
        [`${INFO}/METADATA`]: 'Metadata-Version: 2.1\nName: my-pkg\nVersion: 1.0\nLicense: a\n        b\n',
      }),
    ],
    [
      'metadata whose text has odd lines',
      wheelWith({ [`${INFO}/METADATA`]: `${metadataOf('my_pkg', '1.0')}\rName: x\nVersion 2` }),
    ],
    [
      'folders as members',
      zipOf([{ name: `${INFO}/`, content: '', method: 0, mode: 0o40755 }, ...wheelMembers(WHEEL)]),
    ],
    ['RECORD with longer digests', zipOf(longDigests())],
  ])('is a wheel with %s', async (_what, bytes) => {
    expect(codes(await check(WHEEL, bytes))).toEqual([])
  })

  it('may have the tags of its name in several lines', async () => {
    const name = 'a-1.0-py2.py3-none-any.whl'
    const wheel = 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py2-none-any\nTag: py3-none-any\n'
    expect(codes(await check(name, wheelWith({ 'a-1.0.dist-info/WHEEL': wheel }, name)))).toEqual([])
  })
})

const METADATA = `${INFO}/METADATA`
const RECORD = `${INFO}/RECORD`
const good = metadataOf('my_pkg', '1.0')

describe('a wheel', () => {
  it.each<[string, string, Readonly<Record<string, string | undefined>>]>([
    ['missing-file', 'without METADATA', { [METADATA]: undefined }],
    ['missing-file', 'without WHEEL', { [`${INFO}/WHEEL`]: undefined }],
    ['missing-file', 'without RECORD', { [RECORD]: undefined }],
    ['dist-info', 'with a second .dist-info', { 'other-1.0.dist-info/METADATA': good }],
    ['dist-info', 'with a .dist-info in other letters', { 'my_pkg-2.0.DIST-INFO/METADATA': good }],
    ['dist-info', 'with the .data folder of another', { 'other-1.0.data/purelib/x': '' }],
    ['dist-info', 'with an unknown folder in .data', { 'my_pkg-1.0.data/etc/x': '' }],
    ['dist-info', 'with a file in .data', { 'my_pkg-1.0.data/x': '' }],
    [
      'dist-info',
      'with a .dist-info in .data',
      { 'my_pkg-1.0.data/purelib/other-1.0.dist-info/METADATA': good },
    ],
    ['record', 'with an empty RECORD', { [RECORD]: '' }],
    [
      'record',
      'with a RECORD of other digests',
      { [RECORD]: recordOf(wheelMembers(WHEEL, { content: 'x' }).slice(0, 3), INFO) },
    ],
    [
      'record',
      'with a RECORD that misses a file',
      { [RECORD]: recordOf(wheelMembers(WHEEL).slice(1, 3), INFO) },
    ],
    [
      'record',
      'with a RECORD of a file that is not there',
      { [RECORD]: `${recordOf(wheelMembers(WHEEL).slice(0, 3), INFO)}x,sha256=${'A'.repeat(43)},1\n` },
    ],
    [
      'record',
      'with a RECORD of other sizes',
      { [RECORD]: recordOf(wheelMembers(WHEEL).slice(0, 3), INFO).replace(',0\n', ',1\n') },
    ],
    [
      'record',
      'with a RECORD without digests',
      {
        [RECORD]: wheelMembers(WHEEL)
          .map(({ name }) => `${name},,\n`)
          .join(''),
      },
    ],
    ['record', 'with a RECORD of MD5', { [RECORD]: `my_pkg.py,md5=${'A'.repeat(22)},0\n` }],
    ['record', 'with a RECORD of a malformed digest', { [RECORD]: 'my_pkg.py,sha256=x,0\n' }],
    ['record', 'with a RECORD of a malformed size', { [RECORD]: `my_pkg.py,sha256=${'A'.repeat(43)},-1\n` }],
    ['record', 'with a RECORD that lists a file twice', { [RECORD]: 'a,,\na,,\n' }],
    ['record', 'with a RECORD of a very long line', { [RECORD]: `"${'x'.repeat(9_000_000)}",,` }],
    [
      'record',
      'with a signature of another digest than in RECORD',
      {
        [`${INFO}/RECORD.jws`]: 'x',
        [RECORD]: `${recordOf(wheelMembers(WHEEL).slice(0, 3), INFO)}${INFO}/RECORD.jws,sha256=${'A'.repeat(43)},1\n`,
      },
    ],
    ['record', 'with a RECORD of empty lines', { [RECORD]: '\n'.repeat(200_001) }],
    ['record', 'with a RECORD of four fields', { [RECORD]: 'a,,,\n' }],
    ['record', 'with a RECORD of an open quote', { [RECORD]: '"a,,\n' }],
    ['record', 'with a RECORD of a quote in a field', { [RECORD]: 'a"b",,\n' }],
    [
      'wheel-file',
      'with other tags in WHEEL',
      { [`${INFO}/WHEEL`]: 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: cp312-none-any\n' },
    ],
    [
      'wheel-file',
      'with more tags in WHEEL',
      { [`${INFO}/WHEEL`]: 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py2.py3-none-any\n' },
    ],
    [
      'wheel-file',
      'without tags in WHEEL',
      { [`${INFO}/WHEEL`]: 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\n' },
    ],
    [
      'wheel-file',
      'with a malformed tag',
      { [`${INFO}/WHEEL`]: 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none\n' },
    ],
    [
      'wheel-file',
      'of another version of the format',
      { [`${INFO}/WHEEL`]: 'Wheel-Version: 2.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n' },
    ],
    [
      'wheel-file',
      'with a version of the format twice',
      {
        [`${INFO}/WHEEL`]:
          'Wheel-Version: 1.0\nWheel-Version: 1.9\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
      },
    ],
    [
      'wheel-file',
      'without Root-Is-Purelib',
      { [`${INFO}/WHEEL`]: 'Wheel-Version: 1.0\nTag: py3-none-any\n' },
    ],
    [
      'wheel-file',
      'with another build',
      { [`${INFO}/WHEEL`]: 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nBuild: 2\nTag: py3-none-any\n' },
    ],
    [
      'wheel-file',
      'with a large WHEEL',
      { [`${INFO}/WHEEL`]: `Wheel-Version: 1.0\n${'X: y\n'.repeat(20_000)}` },
    ],
    ['metadata', 'with a WHEEL that is no text', { [`${INFO}/WHEEL`]: 'Wheel-Version 1.0\n' }],
    [
      'entry-point',
      'with a script outside',
      { [`${INFO}/entry_points.txt`]: '[console_scripts]\n../x = a:b\n' },
    ],
    [
      'entry-point',
      'with a script in a folder',
      { [`${INFO}/entry_points.txt`]: '[gui_scripts]\n a/x = a:b\n' },
    ],
    [
      'entry-point',
      'with a script called ..',
      { [`${INFO}/entry_points.txt`]: '[console_scripts]\n.. = a:b\n' },
    ],
    ['metadata', 'of an unknown metadata version', { [METADATA]: good.replace('2.1', '9.0') }],
    ['metadata', 'without a name', { [METADATA]: good.replace('Name: my_pkg\n', '') }],
    [
      'metadata',
      'with two names',
      { [METADATA]: good.replace('Name: my_pkg\n', 'Name: my_pkg\nName: other\n') },
    ],
    [
      'metadata',
      'with two names in other letters',
      { [METADATA]: good.replace('Name: my_pkg\n', 'Name: my_pkg\nNAME: my_pkg\n') },
    ],
    ['metadata', 'with a folded name', { [METADATA]: good.replace('Name: my_pkg\n', 'Name: my_pkg\n x\n') }],
    ['metadata', 'with a version that is none', { [METADATA]: good.replace('Version: 1.0', 'Version: x') }],
    ['metadata', 'with a line that is no field', { [METADATA]: good.replace('Name: ', 'x\nName: ') }],
    ['metadata', 'with a lone carriage return', { [METADATA]: good.replace('Name: ', 'X: y\rName: ') }],
    ['metadata', 'with a NUL', { [METADATA]: good.replace('Name: ', 'X: \0\nName: ') }],
    ['metadata', 'with a byte order mark', { [METADATA]: `\uFEFF${good}` }],
    ['metadata', 'that begins with an empty line', { [METADATA]: `\n${good}` }],
    [
      'metadata',
      'that is very large',
      { [METADATA]: good + 'x'.repeat(DISTRIBUTION_LIMITS.maxMetadataBytes) },
    ],
    ['mismatch', 'of another name', { [METADATA]: good.replace('my_pkg', 'my_pkg2') }],
    [
      'mismatch',
      'of another version',
      {
        [METADATA]: good
          .replace('1.0', '1.1')
          .replace('Metadata-Version: 1.1', 'Metadata-Version: 2.1')
          .replace('Version: 1.0', 'Version: 1.1'),
      },
    ],
    [
      'requires-python',
      'with a specifier that is none',
      { [METADATA]: metadataOf('my_pkg', '1.0', { requiresPython: '>=3.x' }) },
    ],
    [
      'requires-python',
      'with a specifier of another tool',
      { [METADATA]: metadataOf('my_pkg', '1.0', { requiresPython: '^3.9' }) },
    ],
    [
      'requires-python',
      'with a bare version',
      { [METADATA]: metadataOf('my_pkg', '1.0', { requiresPython: '3.9' }) },
    ],
  ])('is refused as %s %s', async (code, _what, files) => {
    expect(codes(await check(WHEEL, wheelWith(files)))).toContain(code)
  })

  it.each([
    [
      'another name',
      'other-1.0-py3-none-any.whl',
      ['dist-info', 'dist-info', 'missing-file', 'missing-file', 'missing-file'],
    ],
    // A mirror does so: it offers to fewer what runs everywhere.
    ['narrower tags', 'my_pkg-1.0-cp39-none-any.whl', []],
    ['a build', 'my_pkg-1.0-1-py3-none-any.whl', []],
  ])('that was renamed to %s is found out', async (_what, fileName, expected) => {
    expect(codes(await check(fileName, distributionOf(WHEEL)))).toEqual(expected)
  })
})

function quoting(): readonly ZipMember[] {
  const members = [{ name: 'a,"b".py', content: 'x' }, ...wheelMembers(WHEEL).slice(0, 3)]
  const content = recordOf(members, INFO).replace('a,"b".py,', '"a,""b"".py",')
  return [...members, { name: RECORD, content }]
}

/** RECORD may use what is better than SHA-256. */
function longDigests(): readonly ZipMember[] {
  const members = wheelMembers(WHEEL).slice(0, 3)
  const empty = 'z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg_SpIdNs6c5H0NE8XYXysP-DGNKHfuwvY7kxvUdBeoGlODJ6-SfaPg'
  const [first, ...rest] = recordOf(members, INFO).split('\n')
  expect(bytesOf(members[0]?.content ?? 'x')).toHaveLength(0)
  return [
    ...members,
    { name: RECORD, content: [first?.replace(/sha256=[^,]*/, `sha512=${empty}`), ...rest].join('\n') },
  ]
}
