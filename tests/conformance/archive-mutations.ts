/** For tests only: archives changed in one or two places each, where two readers may part. */
import fc from 'fast-check'
import { concatBytes, utf8 } from '../../src/base/index.ts'
import {
  END_MARK,
  gzipOf,
  patched,
  paxMember,
  sdistMembers,
  tarMembers,
  tarOf,
  wheelMembers,
  zipOf,
  type Patch,
  type TarMember,
  type ZipMember,
  type ZipOptions,
} from '../../src/formats/python/archive/arrange.ts'

const WHEEL = 'acme_tools-1.0-py3-none-any.whl'
const SDIST = 'acme_tools-1.0.tar.gz'
const HONEST = { content: 'print("hello")\n'.repeat(9), requiresPython: '>=3.9' }

const NAMES = [
  'acme_tools/x.py',
  'acme_tools.py',
  'ACME_TOOLS.PY',
  'acme_tools.py/x',
  './x.py',
  '../x.py',
  '/x.py',
  'a//b',
  'a/./b',
  'a\\b',
  'C:x',
  'a\nb',
  'ä.py',
  'a\u0308.py',
  'a ',
  'x'.repeat(150),
  'acme_tools-1.0.dist-info/METADATA',
  'acme_tools-1.0/PKG-INFO',
]
const name = fc.constantFrom(...NAMES)
const content = fc.constantFrom('', 'x', 'y'.repeat(512), 'PK\u0001\u0002', 'PK\u0005\u0006')
const number16 = fc.constantFrom(0, 1, 2, 8, 20, 45, 0x800, 0x808, 0x2000, 0xffff)
const number32 = fc.oneof(fc.constantFrom(0, 1, 8, 0x7fff_ffff, 0xffff_ffff), fc.nat(600))

/** Fields of the two headers by what they say; each may be changed in one of them or in both. */
const FIELDS = {
  flags: [6, 8, 2],
  method: [8, 10, 2],
  time: [10, 12, 2],
  crc32: [14, 16, 4],
  packed: [18, 20, 4],
  size: [22, 24, 4],
  nameLength: [26, 28, 2],
  extraLength: [28, 30, 2],
} as const

const headerChange = fc
  .tuple(
    fc.constantFrom(...Object.values(FIELDS)),
    fc.constantFrom('local', 'central', 'both'),
    number16,
    number32,
  )
  .map(([[localAt, centralAt, width], where, short, long]): Partial<ZipMember> => {
    const value = [width, width === 2 ? short : long] as const
    const local: Patch = where === 'central' ? {} : { [localAt]: value }
    const central: Patch = where === 'local' ? {} : { [centralAt]: value }
    return { local, central }
  })
const wideField = fc
  .array(number32, { maxLength: 3 })
  .map((values) =>
    concatBytes(
      patched(4, { 0: [2, 1], 2: [2, values.length * 8] }),
      ...values.map((value) => patched(8, { 0: [8, value] })),
    ),
  )
const extra = fc.oneof(
  wideField,
  fc.constantFrom(
    patched(4, { 0: [2, 0x5455] }),
    patched(4, { 0: [2, 1], 2: [2, 9] }),
    concatBytes(patched(4, { 0: [2, 0x7075], 2: [2, 6] }), utf8('\u0001abcdz')),
    utf8('xyz'),
  ),
)
const memberChange = fc.oneof(
  headerChange,
  name.map((localName): Partial<ZipMember> => ({ localName })),
  extra.map((localExtra): Partial<ZipMember> => ({ localExtra })),
  extra.map((centralExtra): Partial<ZipMember> => ({ centralExtra })),
  fc.constantFrom(0o120777, 0o104755, 0o40755, 0o100600, 0).map((mode): Partial<ZipMember> => ({ mode })),
  fc
    .constantFrom(utf8('x'), zipOf([{ name: 'evil.py', content: 'x' }]))
    .map((after): Partial<ZipMember> => ({ after })),
  fc.constantFrom(0, 8).map((method): Partial<ZipMember> => ({ method })),
)
const option = fc.oneof(
  fc
    .constantFrom(utf8('#!'), zipOf([{ name: 'evil.py', content: 'x' }]))
    .map((before): ZipOptions => ({ before })),
  fc
    .constantFrom(utf8('x'), zipOf([{ name: 'evil.py', content: 'x' }]))
    .map((after): ZipOptions => ({ after })),
  fc
    .constantFrom(utf8('hi'), zipOf([{ name: 'evil.py', content: 'x' }]))
    .map((comment): ZipOptions => ({ comment })),
  fc.constantFrom(utf8('x'), new Uint8Array(76)).map((beforeEnd): ZipOptions => ({ beforeEnd })),
  fc
    .tuple(
      fc.constantFrom<readonly [number, 2 | 4]>([4, 2], [6, 2], [8, 2], [10, 2], [12, 4], [16, 4], [20, 2]),
      number32,
    )
    .map(([[at, width], value]): ZipOptions => ({ end: { [at]: [width, value % 2 ** (8 * width)] } })),
)

/** Members of a zip, what stands around them, and whether something in them was changed. */
export const zips = fc
  .tuple(
    fc.array(fc.tuple(fc.nat(3), memberChange), { maxLength: 1 }),
    fc.array(fc.tuple(name, content), { maxLength: 1 }),
    fc.array(option, { maxLength: 1 }),
  )
  .map(([changes, added, [options]]) => {
    const members = [...wheelMembers(WHEEL, HONEST)]
    for (const [at, change] of changes) Object.assign(members[at] ?? {}, change)
    for (const [path, text] of added) members.splice(1, 0, { name: path, content: text })
    return { fileName: WHEEL, bytes: zipOf(members, options) }
  })

const magic = fc.constantFrom('ustar\u000000', 'ustar  \0', '\0\0\0\0\0\0\0\0', 'ustar\u0000\u0000\u0000')
const type = fc.constantFrom('0', '\0', '1', '2', '3', '5', '6', '7', 'S', 'Z', 'g', 'x', 'L', 'K', 'D')
const header = fc.oneof(
  magic.map((value): Partial<TarMember> => ({ magic: value })),
  type.map((value): Partial<TarMember> => ({ type: value })),
  fc.constantFrom(0, 1, 511, 512, 513, 100_000).map((size): Partial<TarMember> => ({ size })),
  fc.constantFrom(0o4755, 0o2755, 0o1644, 0o600).map((mode): Partial<TarMember> => ({ mode })),
  fc
    .constantFrom('../x', '/etc/passwd', 'module.py')
    .map((target): Partial<TarMember> => ({ target, type: '2', content: '' })),
  fc
    .constantFrom('acme_tools-1.0/PKG-INFO', 'x')
    .map((target): Partial<TarMember> => ({ target, type: '1', content: '' })),
  fc
    .tuple(
      fc.constantFrom(100, 108, 116, 124, 136, 329, 345, 500),
      fc.constantFrom('x', ' 1 ', '-1', '0o7', '1_0', '\u0080', '\u00ff', '999', '\0\u0001'),
    )
    .map(([at, text]): Partial<TarMember> => ({ over: { [at]: text } })),
  fc.constantFrom('000000\0 ', '       ').map((checksum): Partial<TarMember> => ({ checksum })),
)
const paxRecord = fc.tuple(
  fc.constantFrom(
    'path',
    'linkpath',
    'size',
    'mtime',
    'uid',
    'comment',
    'hdrcharset',
    'GNU.sparse.size',
    'SCHILY.xattr.user.a',
  ),
  fc.constantFrom('acme_tools-1.0/other.py', '1', '512', '', 'x\0y', '../x', 'BINARY', '1.5'),
)
const extension = fc.oneof(
  fc
    .tuple(fc.array(paxRecord, { minLength: 1, maxLength: 2 }), fc.constantFrom('x', 'g'))
    .map(([records, kind]) => paxMember(records, kind)),
  fc.tuple(name, fc.constantFrom('L', 'K')).map(([path, kind]): TarMember => ({
    name: '././@LongLink',
    type: kind,
    content: `acme_tools-1.0/${path}\0`,
    magic: 'ustar  \0',
  })),
)
const added = fc.oneof(
  fc
    .tuple(name, content)
    .map(([path, text]): TarMember => ({ name: `acme_tools-1.0/${path}`.slice(0, 100), content: text })),
  extension,
)

/** What stands after the members, and how gzip holds them. */
const ENDS: readonly ((members: readonly TarMember[]) => Uint8Array)[] = [
  (members) => gzipOf(tarOf(members)),
  (members) => gzipOf(concatBytes(tarOf(members), new Uint8Array(7 * 512))),
  (members) => gzipOf(tarMembers(members)),
  (members) => gzipOf(concatBytes(tarMembers(members), END_MARK.subarray(512))),
  (members) => gzipOf(concatBytes(tarOf(members), tarOf([{ name: 'acme_tools-1.0/evil.py', content: 'x' }]))),
  (members) =>
    concatBytes(gzipOf(tarOf(members)), gzipOf(tarOf([{ name: 'acme_tools-1.0/evil.py', content: 'x' }]))),
  (members) => concatBytes(gzipOf(tarMembers(members)), gzipOf(END_MARK)),
  (members) => concatBytes(gzipOf(tarOf(members)), new Uint8Array(512)),
  (members) => concatBytes(gzipOf(tarOf(members)), utf8('x')),
  (members) =>
    gzipOf(concatBytes(tarMembers(members.slice(0, 2)), END_MARK.subarray(512), tarOf(members.slice(2)))),
]

export const tars = fc
  .tuple(
    fc.array(fc.tuple(fc.nat(2), header), { maxLength: 1 }),
    fc.array(fc.tuple(fc.nat(3), added), { maxLength: 1 }),
    fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.nat(ENDS.length - 1) }),
  )
  .map(([changes, more, end]) => {
    const members = [...sdistMembers(SDIST, HONEST)]
    for (const [at, change] of changes) Object.assign(members[at] ?? {}, change)
    for (const [at, member] of more) members.splice(at, 0, { ...member })
    return { fileName: SDIST, bytes: ENDS[end]?.(members) ?? utf8('') }
  })

/** Bytes of an archive itself, changed anywhere. */
export function damaged(archive: Uint8Array): fc.Arbitrary<Uint8Array> {
  const at = fc.nat(archive.length - 1)
  return fc.oneof(
    fc.tuple(at, fc.nat(254)).map(([index, by]) => {
      const copy = Uint8Array.from(archive)
      copy[index] = ((copy[index] ?? 0) + 1 + by) % 256
      return copy
    }),
    at.map((index) => archive.slice(0, index)),
    fc
      .tuple(at, fc.nat(40))
      .map(([index, length]) => concatBytes(archive.subarray(0, index), archive.subarray(index + length))),
    fc
      .tuple(at, at)
      .map(([index, from]) =>
        concatBytes(archive.subarray(0, index), archive.subarray(from, from + 30), archive.subarray(index)),
      ),
  )
}
