import { describe, expect, it } from 'vitest'
import { concatBytes, utf8 } from '../../../base/index.ts'
import { END_MARK, gzipOf, paxMember, sourceOf, tarMembers, tarOf, type TarMember } from './arrange.ts'
import { checkArchive } from './index.ts'

const A: TarMember = { name: 'p-1/a.py', content: 'print(1)\n' }
const B: TarMember = { name: 'p-1/b/c.py', content: 'x'.repeat(512) }
const FOLDER: TarMember = { name: 'p-1/', type: '5', mode: 0o755 }

const short = (name: string): string => name.slice('distribution.'.length)
const link = (name: string, target: string, type = '2'): TarMember => ({ name, target, type })

async function findingsOf(bytes: Uint8Array): Promise<readonly string[]> {
  const { findings } = await checkArchive('x.tar.gz', sourceOf(bytes))
  return findings.map(({ code, message }) => `${short(code)}: ${message}`)
}

const tarGz = (...members: readonly TarMember[]): Uint8Array => gzipOf(tarOf(members))
const longName = (name: string, type = 'L'): TarMember => ({
  name: '././@LongLink',
  type,
  content: `${name}\0`,
  magic: 'ustar  \0',
})

describe('a tar in gzip that every reader reads alike', () => {
  it.each<[string, Uint8Array]>([
    ['with files and folders', tarGz(FOLDER, A, B)],
    ['with no members', tarGz()],
    ['padded to a record', gzipOf(concatBytes(tarOf([A]), new Uint8Array(8192)))],
    ['of GNU tar', tarGz({ ...A, magic: 'ustar  \0' })],
    ['with the old mark of a file', tarGz({ ...A, type: '\0' })],
    [
      'with a long path in a pax header',
      tarGz(
        paxMember([
          ['path', `p-1/${'d/'.repeat(60)}e`],
          ['mtime', '1700000000.25'],
        ]),
        A,
      ),
    ],
    [
      'with a long path in a GNU header',
      tarGz(longName(`p-1/${'d/'.repeat(60)}e`), { ...A, magic: 'ustar  \0' }),
    ],
    ['with a prefix', tarGz({ ...A, name: 'a.py', over: { 345: 'p-1' } })],
    ['with a comment of git', tarGz(paxMember([['comment', 'a'.repeat(40)]], 'g'), A)],
    [
      'with attributes of a file system',
      tarGz(
        paxMember([
          ['LIBARCHIVE.xattr.user.x', 'AA=='],
          ['SCHILY.xattr.user.x', 'é'],
        ]),
        A,
      ),
    ],
    ['with a link inside', tarGz(A, link('p-1/b/l', '../a.py'))],
    ['with a hard link to a file before it', tarGz(A, link('p-1/l', 'p-1/a.py', '1'))],
    ['with a large owner', tarGz({ ...A, over: { 108: '\u0080\0\0\0\0\u00ff\u00ff\u00ff' } })],
    ['with the pax size that it has', tarGz(paxMember([['size', '9']]), A)],
    ['with a file name in gzip', named(tarOf([A]))],
  ])('%s has no findings', async (_what, bytes) => {
    expect(await findingsOf(bytes)).toEqual([])
  })
})

describe('a tar in gzip', () => {
  it.each<[string, string, Uint8Array]>([
    ['structure', 'that is none', utf8('hello')],
    ['structure', 'that is empty', utf8('')],
    ['structure', 'that is bzip2', utf8('BZh91AY&SY')],
    ['structure', 'whose content is no tar', gzipOf(utf8('x'.repeat(1024)))],
    ['structure', 'cut off in a header', gzipOf(tarMembers([A]).subarray(0, 300))],
    ['structure', 'cut off in a member', gzipOf(tarMembers([A]).subarray(0, 515))],
    ['structure', 'cut off in the padding of a member', gzipOf(tarMembers([A]).subarray(0, 1000))],
    ['structure', 'without an end mark', gzipOf(tarMembers([A]))],
    ['structure', 'with half an end mark', gzipOf(concatBytes(tarMembers([A]), new Uint8Array(512)))],
    ['structure', 'whose gzip is cut off', tarGz(A, B).subarray(0, -3)],
    ['structure', 'that ends after a pax header', tarGz(paxMember([['path', 'p-1/x']]))],
    ['structure', 'with a wrong checksum', tarGz({ ...A, checksum: '000001\0 ' })],
    ['structure', 'with an owner that is no number', tarGz({ ...A, over: { 108: '00x0000\0' } })],
    [
      'structure',
      'with an owner that no system has',
      tarGz({ ...A, over: { 108: '\u0080\0\0\u0001\0\0\0\0' } }),
    ],
    ['structure', 'with a time that no system has', tarGz(paxMember([['mtime', '99999999999']]), A)],
    ['structure', 'with a time that is no number', tarGz({ ...A, over: { 136: '-0000000001\0' } })],
    ['structure', 'with a device that is no number', tarGz({ ...A, over: { 329: '1_1' } })],
    ['structure', 'with a size that is no number', tarGz({ ...A, over: { 124: '0x9\0\0\0\0\0\0\0\0\0' } })],
    [
      'structure',
      'with a size that goes on after its end',
      tarGz({ ...A, over: { 124: '11\u00007\0\0\0\0\0\0\0\0' } }),
    ],
    ['structure', 'with a binary size', tarGz({ ...A, over: { 124: '\u0080\0\0\0\0\0\0\0\0\0\0\u0009' } })],
    ['structure', 'of the seventh edition', tarGz({ ...A, magic: '\0\0\0\0\0\0\0\0' })],
    ['structure', 'with a malformed pax header', tarGz({ ...paxMember([]), content: '12 path=x\n' }, A)],
    ['structure', 'with a pax header without a length', tarGz({ ...paxMember([]), content: 'path=x\n' }, A)],
    ['structure', 'with a pax time that is no number', tarGz(paxMember([['mtime', 'nan']]), A)],
    ['extra-bytes', 'of two gzip members', concatBytes(tarGz(A), tarGz(B))],
    ['extra-bytes', 'with an empty second gzip member', concatBytes(tarGz(A), gzipOf(utf8('')))],
    ['extra-bytes', 'with bytes after gzip', concatBytes(tarGz(A), utf8('x'))],
    ['extra-bytes', 'with zeros after gzip', concatBytes(tarGz(A), new Uint8Array(512))],
    ['extra-bytes', 'with a member after the end mark', gzipOf(concatBytes(tarOf([A]), tarOf([B])))],
    ['extra-bytes', 'with a byte after the end mark', gzipOf(concatBytes(tarOf([A]), utf8('x')))],
    [
      'extra-bytes',
      'with a member after one block of zeros',
      gzipOf(concatBytes(tarMembers([A]), END_MARK.subarray(512), tarOf([B]))),
    ],
    ['headers-differ', 'with another size in pax', tarGz(paxMember([['size', '512']]), A)],
    ['headers-differ', 'with a folder that has bytes', tarGz({ ...FOLDER, content: 'x' })],
    ['headers-differ', 'with a link that has bytes', tarGz(A, { ...link('p-1/l', 'a.py'), content: 'x' })],
    ['headers-differ', 'with a file that has a target', tarGz({ ...A, target: 'b' })],
    ['feature', 'with a sparse file', tarGz({ ...A, type: 'S', magic: 'ustar  \0' })],
    ['feature', 'with a sparse file of pax', tarGz(paxMember([['GNU.sparse.major', '1']]), A)],
    ['feature', 'with a character set of pax', tarGz(paxMember([['hdrcharset', 'BINARY']]), A)],
    [
      'feature',
      'with a pax key twice',
      tarGz(
        paxMember([
          ['path', 'p-1/x'],
          ['path', 'p-1/y'],
        ]),
        A,
      ),
    ],
    ['feature', 'with an empty pax path', tarGz(paxMember([['path', '']]), A)],
    ['feature', 'with a NUL in a pax path', tarGz(paxMember([['path', 'p-1/x\0y']]), A)],
    [
      'feature',
      'with two pax headers',
      tarGz(paxMember([['path', 'p-1/x']]), paxMember([['path', 'p-1/y']]), A),
    ],
    ['feature', 'with a pax and a GNU header', tarGz(paxMember([['path', 'p-1/x']]), longName('p-1/y'), A)],
    ['feature', 'with a GNU and a pax header', tarGz(longName('p-1/y'), paxMember([['path', 'p-1/x']]), A)],
    ['feature', 'with two GNU headers', tarGz(longName('p-1/y'), longName('p-1/x'), A)],
    ['feature', 'with a path for all members', tarGz(paxMember([['path', 'p-1/x']], 'g'), A)],
    ['feature', 'with a size for all members', tarGz(paxMember([['size', '9']], 'g'), A)],
    [
      'feature',
      'with a global header between pax and member',
      tarGz(paxMember([['path', 'p-1/x']]), paxMember([['comment', 'x']], 'g'), A),
    ],
    [
      'feature',
      'with many headers for one member',
      tarGz(...Array.from({ length: 9 }, () => paxMember([['comment', 'x']], 'g')), A),
    ],
    [
      'feature',
      'with fields of GNU that others take for a path',
      tarGz({ ...A, magic: 'ustar  \0', over: { 345: '14321' } }),
    ],
    ['feature', 'with other flags of gzip', withFlag(tarGz(A), 0x04)],
    ['content', 'with a wrong checksum of gzip', changed(tarGz(A), -8)],
    ['content', 'with a wrong size of gzip', changed(tarGz(A), -4)],
    ['content', 'with damaged data', changed(tarGz(A), 14)],
    ['too-large', 'with a large pax header', tarGz(paxMember([['comment', 'x'.repeat(2 ** 20)]]), A)],
    [
      'too-large',
      'with many pax headers',
      tarGz(
        ...Array.from({ length: 65 }, (_, at) => [
          paxMember([['comment', 'x'.repeat(260_000)]]),
          { ...A, name: `p-1/${at}` },
        ]).flat(),
      ),
    ],
    [
      'too-large',
      'that unpacks to too much for its size',
      tarGz({ ...A, content: new Uint8Array(66 << 20) }),
    ],
    ['member-collision', 'with a member twice', tarGz(A, A)],
    ['member-collision', 'with members that differ in case', tarGz(A, { ...A, name: 'p-1/A.PY' })],
    ['member-collision', 'with a member below a link', tarGz(A, link('p-1/b', 'a.py'), B)],
    ['member-collision', 'with a link below which members are', tarGz(B, link('p-1/b', 'a.py'))],
    ['member-type', 'with a device', tarGz({ ...A, content: '', type: '3' })],
    ['member-type', 'with a pipe', tarGz({ ...A, content: '', type: '6' })],
    ['member-type', 'with a contiguous file', tarGz({ ...A, type: '7' })],
    ['member-type', 'with a type of nobody', tarGz({ ...A, type: 'Z' })],
    ['member-type', 'with a hard link to what comes later', tarGz(link('p-1/l', 'p-1/a.py', '1'), A)],
    ['member-type', 'with a hard link out of it', tarGz(A, link('p-1/l', '/etc/passwd', '1'))],
    ['member-mode', 'with a set-user-ID file', tarGz({ ...A, mode: 0o4755 })],
    ['member-mode', 'with a set-group-ID file', tarGz({ ...A, mode: 0o2755 })],
    ['member-path', 'with a file that is called a folder', tarGz({ ...A, name: 'p-1/a/' })],
    ['member-path', 'with bytes after a name', tarGz({ ...A, over: { 0: 'p-1/a.py\0x' } })],
    ['member-path', 'with a name that is not UTF-8', tarGz({ ...A, over: { 0: 'p-1/\u00e9' } })],
  ])('is refused as %s %s', async (code, _what, bytes) => {
    const found = await findingsOf(bytes)
    expect(found.map((line) => line.split(':')[0])).toContain(code)
  })

  it.each([
    '/etc/passwd',
    '..',
    '../..',
    '../../x',
    'b/../../x',
    'b/..',
    '',
    '.',
    'C:x',
    '..\\x',
    'a/'.repeat(2) + '/x',
  ])('is refused with a link at the top to %j', async (target) => {
    expect(await findingsOf(tarGz(link('p-1/l', target)))).toEqual([expect.stringContaining('member-type')])
  })

  it.each([
    ['p-1/a/b/l', '../../x', []],
    ['p-1/a/b/l', '../..', []],
    ['p-1/a/b/l', '../../../x', ['member-type']],
    ['p-1/l', 'a/b/', []],
  ])('has the link %s to %s: %j', async (name, target, codes) => {
    const found = await findingsOf(tarGz(link(name, target)))
    expect(found.map((line) => line.split(':')[0])).toEqual(codes)
  })

  it.each(['../a', '/a', 'p-1/../a', './p-1/a', 'p-1//a', 'p-1/a\\b', 'p-1/a\nb', 'p-1/a.'])(
    'is refused with the path %j',
    async (name) => {
      expect(await findingsOf(tarGz({ name, content: '' }))).toEqual([expect.stringContaining('member-path')])
    },
  )
})

function changed(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes)
  const index = at < 0 ? copy.length + at : at
  copy[index] = (copy[index] ?? 0) ^ 0x55
  return copy
}

function withFlag(bytes: Uint8Array, flag: number): Uint8Array {
  return concatBytes(bytes.subarray(0, 3), new Uint8Array([flag]), bytes.subarray(4))
}

function named(tar: Uint8Array): Uint8Array {
  const plain = gzipOf(tar)
  return concatBytes(withFlag(plain.subarray(0, 10), 0x08), utf8('p-1.tar\0'), plain.subarray(10))
}
