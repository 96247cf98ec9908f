import { deflateRawSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { concatBytes, utf8 } from '../../../base/index.ts'
import { patched, sourceOf, zipOf, type ZipMember, type ZipOptions } from './arrange.ts'
import { checkArchive } from './index.ts'

const A: ZipMember = { name: 'a.py', content: 'print(1)\n'.repeat(20) }
const B: ZipMember = { name: 'b/c.py', content: 'print(2)\n' }

const check = (bytes: Uint8Array) => checkArchive('x.zip', sourceOf(bytes))
const codesOf = async (bytes: Uint8Array) => (await check(bytes)).findings.map(({ code }) => code)
const messagesOf = async (bytes: Uint8Array) =>
  (await check(bytes)).findings.map(({ message }) => message).join('\n')

const short = (name: string): string => name.slice('distribution.'.length)
const stored = (member: ZipMember): ZipMember => ({ ...member, method: 0 })
/** A zip64 extra field with such values. */
const wideExtra = (...values: readonly number[]): Uint8Array =>
  concatBytes(
    patched(4, { 0: [2, 1], 2: [2, values.length * 8] }),
    ...values.map((value) => patched(8, { 0: [8, value] })),
  )
const sizeA = (A.content as string).length
const packedA = deflateRawSync(utf8(A.content as string)).length
const FULL = 0xffff_ffff

/** End records of zip64 for a zip whose directory has that size and offset. */
function wideEnd(entries: number, size: number, at: number): Uint8Array {
  const record = patched(56, {
    0: [4, 0x0606_4b50],
    4: [8, 44],
    24: [8, entries],
    32: [8, entries],
    40: [8, size],
    48: [8, at],
  })
  return concatBytes(record, patched(20, { 0: [4, 0x0706_4b50], 8: [8, at + size], 16: [4, 1] }))
}
const directoryA = 46 + 4
const localA = 30 + 4 + packedA

describe('a zip that every reader reads alike', () => {
  it.each<[string, readonly ZipMember[], ZipOptions?]>([
    ['with deflated and stored members', [A, stored(B)]],
    ['with no members', []],
    ['with folders', [{ name: 'b/', content: '', method: 0, mode: 0o40755 }, B]],
    ['with a comment', [A], { comment: utf8('made by hand') }],
    ['with a name of UTF-8', [{ name: 'ä.py', content: '' }]],
    ['with a member that is read as a stream', [{ name: 'large', content: new Uint8Array(600_000).fill(7) }]],
    ['with a stored one that is', [stored({ name: 'large', content: new Uint8Array(600_000).fill(7) })]],
    [
      'with sizes in a zip64 field',
      [{ ...A, local: { 18: [4, FULL], 22: [4, FULL] }, localExtra: wideExtra(sizeA, packedA) }],
    ],
    ['with a zip64 field that repeats the sizes', [{ ...A, localExtra: wideExtra(sizeA, packedA) }]],
    ['with a zip64 end', [A], { beforeEnd: wideEnd(1, directoryA, localA) }],
    [
      'with a zip64 end that the end asks for',
      [A],
      { beforeEnd: wideEnd(1, directoryA, localA), end: { 16: [4, FULL] } },
    ],
    ['with other extra fields', [{ ...A, localExtra: patched(8, { 0: [2, 0x5455], 2: [2, 4] }) }]],
    ['without a mode', [{ ...A, mode: 0 }]],
    // Bun takes a parameter beyond the row's for the callback that ends a test.
  ])('%s has no findings', async (...[_what, members, options]) => {
    expect(await messagesOf(zipOf(members, options))).toBe('')
  })
})

describe('a zip', () => {
  it.each<[string, string, Uint8Array]>([
    ['structure', 'that is none', utf8('hello')],
    ['structure', 'that is empty', utf8('')],
    ['structure', 'whose local header is none', zipOf([{ ...A, local: { 0: [4, 1] } }])],
    ['structure', 'whose directory is damaged', zipOf([{ ...A, central: { 0: [4, 1] } }])],
    ['structure', 'whose directory is cut off', zipOf([{ ...A, central: { 28: [2, 60_000] } }])],
    ['extra-bytes', 'with bytes before it', zipOf([A], { before: utf8('#!/bin/sh\n') })],
    ['extra-bytes', 'with bytes before it that its offsets do not count', concatBytes(utf8('x'), zipOf([A]))],
    ['extra-bytes', 'with bytes after it', zipOf([A], { after: utf8('x') })],
    ['extra-bytes', 'with bytes between two members', zipOf([{ ...A, after: utf8('x') }, B])],
    [
      'extra-bytes',
      'with bytes between the last member and the directory',
      zipOf([{ ...A, after: utf8('x') }]),
    ],
    ['extra-bytes', 'with bytes between the directory and its end', zipOf([A], { beforeEnd: utf8('x') })],
    ['extra-bytes', 'after another zip', concatBytes(zipOf([A]), zipOf([B]))],
    ['extra-bytes', 'with a member that no directory lists', unlisted()],
    ['extra-bytes', 'with two entries for one member', zipOf([A, { ...B, central: { 42: [4, 0] } }])],
    ['extra-bytes', 'with bytes after the end of a compressed member', zipOf([trailing()])],
    ['headers-differ', 'that says it has more members', zipOf([A], { end: { 8: [2, 2], 10: [2, 2] } })],
    ['headers-differ', 'whose headers differ in a name', zipOf([{ ...A, localName: 'b.py' }])],
    ['headers-differ', 'whose headers differ in a checksum', zipOf([{ ...A, local: { 14: [4, 5] } }])],
    ['headers-differ', 'whose headers differ in a size', zipOf([{ ...A, local: { 22: [4, 5] } }])],
    ['headers-differ', 'whose headers differ in a compressed size', zipOf([{ ...A, local: { 18: [4, 5] } }])],
    ['headers-differ', 'whose headers differ in a method', zipOf([{ ...stored(A), local: { 8: [2, 8] } }])],
    ['headers-differ', 'whose headers differ in flags', zipOf([{ ...A, local: { 6: [2, 8] } }])],
    [
      'headers-differ',
      'with a stored member of two sizes',
      zipOf([{ ...stored(A), central: { 24: [4, 5] }, local: { 22: [4, 5] } }]),
    ],
    [
      'headers-differ',
      'whose two ends differ',
      zipOf([A], { beforeEnd: wideEnd(1, directoryA, localA), end: { 8: [2, 2], 10: [2, 2] } }),
    ],
    [
      'headers-differ',
      'whose locator points elsewhere',
      zipOf([A], { beforeEnd: wideEnd(1, directoryA, localA - 1) }),
    ],
    ['feature', 'on several disks', zipOf([A], { end: { 4: [2, 1] } })],
    ['feature', 'with a part of its entries on this disk', zipOf([A], { end: { 8: [2, 0] } })],
    ['feature', 'that is encrypted', zipOf([{ ...A, local: { 6: [2, 1] }, central: { 8: [2, 1] } }])],
    ['feature', 'with a data descriptor', zipOf([{ ...A, local: { 6: [2, 8] }, central: { 8: [2, 8] } }])],
    [
      'feature',
      'with masked headers',
      zipOf([{ ...A, local: { 6: [2, 0x2000] }, central: { 8: [2, 0x2000] } }]),
    ],
    [
      'feature',
      'of another compression',
      zipOf([{ ...stored(A), local: { 8: [2, 12] }, central: { 10: [2, 12] } }]),
    ],
    [
      'feature',
      'with a comment of a member',
      zipOf([{ ...A, centralExtra: utf8('hi'), central: { 30: [2, 0], 32: [2, 2] } }]),
    ],
    ['feature', 'with a member on another disk', zipOf([{ ...A, central: { 34: [2, 1] } }])],
    [
      'feature',
      'with a second name for a member',
      zipOf([{ ...A, centralExtra: patched(5, { 0: [2, 0x7075], 2: [2, 1] }) }]),
    ],
    [
      'feature',
      'with an extra field that is cut off',
      zipOf([{ ...A, centralExtra: patched(4, { 2: [2, 9] }) }]),
    ],
    [
      'feature',
      'with two zip64 fields',
      zipOf([{ ...A, centralExtra: concatBytes(wideExtra(sizeA, packedA), wideExtra(sizeA, packedA)) }]),
    ],
    [
      'feature',
      'with a zip64 field of other sizes',
      zipOf([{ ...A, localExtra: wideExtra(sizeA, packedA + 1) }]),
    ],
    [
      'feature',
      'with a zip64 field that is too long',
      zipOf([{ ...A, local: { 22: [4, FULL] }, localExtra: wideExtra(sizeA, packedA) }]),
    ],
    ['feature', 'that asks for a zip64 field and has none', zipOf([{ ...A, central: { 24: [4, FULL] } }])],
    ['content', 'with a wrong checksum', zipOf([{ ...A, local: { 14: [4, 5] }, central: { 16: [4, 5] } }])],
    [
      'content',
      'with a member longer than announced',
      zipOf([{ ...A, local: { 22: [4, 5] }, central: { 24: [4, 5] } }]),
    ],
    [
      'content',
      'with a member shorter than announced',
      zipOf([{ ...A, local: { 22: [4, 500] }, central: { 24: [4, 500] } }]),
    ],
    ['content', 'with damaged data', zipOf([{ ...A, data: utf8('\u0007damaged') }])],
    [
      'content',
      'with a long member longer than announced',
      zipOf([
        {
          name: 'l',
          content: new Uint8Array(900_000),
          local: { 22: [4, 300_000] },
          central: { 24: [4, 300_000] },
        },
      ]),
    ],
    [
      'content',
      'with a long damaged member',
      zipOf([{ name: 'l', content: new Uint8Array(900_000), data: new Uint8Array(3000).fill(6) }]),
    ],
    [
      'too-large',
      'that says it has very many members',
      zipOf([A], {
        beforeEnd: wideEnd(100_001, directoryA, localA),
        end: { 8: [2, 0xffff], 10: [2, 0xffff] },
      }),
    ],
    [
      'too-large',
      'that unpacks to too much for its size',
      zipOf([{ name: 'bomb', content: new Uint8Array(65 << 20) }]),
    ],
    ['member-collision', 'with a name twice', zipOf([A, A])],
    ['member-collision', 'with names that differ in case', zipOf([A, { name: 'A.PY', content: '' }])],
    [
      'member-collision',
      'with names that differ in composition',
      zipOf([
        { name: 'é', content: '' },
        { name: 'e\u0301', content: '' },
      ]),
    ],
    ['member-collision', 'with a file for a folder', zipOf([B, { name: 'B', content: '' }])],
    ['member-type', 'with a symbolic link', zipOf([{ ...A, mode: 0o120777 }])],
    ['member-type', 'with a device', zipOf([{ ...A, mode: 0o020666 }])],
    [
      'member-type',
      'with a file that is called a folder',
      zipOf([{ name: 'a/', content: 'x', mode: 0o40755 }]),
    ],
    ['member-type', 'with a folder that is called a file', zipOf([{ ...A, mode: 0o40755 }])],
    [
      'member-type',
      'with a folder of DOS that is called a file',
      zipOf([{ ...A, central: { 38: [4, 0x10] } }]),
    ],
    ['member-mode', 'with a set-user-ID file', zipOf([{ ...A, mode: 0o104755 }])],
    ['member-mode', 'with a set-group-ID file', zipOf([{ ...A, mode: 0o102755 }])],
    [
      'member-path',
      'with a name of an unknown encoding',
      zipOf([{ ...A, rawName: new Uint8Array([0x61, 0xe9]), local: { 6: [2, 0] }, central: { 8: [2, 0] } }]),
    ],
    [
      'member-path',
      'with a name that is not UTF-8',
      zipOf([{ ...A, rawName: new Uint8Array([0x61, 0xe9]) }]),
    ],
  ])('is refused as %s %s', async (code, _what, bytes) => {
    expect((await codesOf(bytes)).map(short)).toContain(code)
  })

  it.each([
    '../a',
    'a/../b',
    '..',
    '/a',
    '//a',
    'a//b',
    './a',
    'a/.',
    'C:a',
    'c:/a',
    'a\\b',
    '..\\a',
    'a\u0000b',
    'a\nb',
    'a\u007f',
    'a\u0085',
    'a\u2028b',
    'a.',
    'a /b',
    '',
  ])('is refused with the path %j', async (name) => {
    expect((await codesOf(zipOf([{ name, content: '' }]))).map(short)).toContain('member-path')
  })

  it.each([
    ['of 1,024 bytes', 'a'.repeat(1024), []],
    ['of more', 'a'.repeat(1025), ['distribution.too-large']],
    ['64 deep', `${'a/'.repeat(63)}a`, []],
    ['deeper', `${'a/'.repeat(64)}a`, ['distribution.too-large']],
  ])('has a path %s at most', async (_what, name, codes) => {
    expect(await codesOf(zipOf([{ name, content: '' }]))).toEqual(codes)
  })

  it('is read no further than its members are announced', async () => {
    const l = { name: 'l', content: new Uint8Array(900_000) }
    const cut = zipOf([{ ...l, local: { 22: [4, 300_000] }, central: { 24: [4, 300_000] } }])
    expect(await messagesOf(cut)).toBe('"l" is larger than announced')
  })

  it('says everything that is wrong, and no more than 100 things', async () => {
    const many = Array.from({ length: 60 }, (_, at) => ({ name: `../${at}`, content: '', mode: 0o104755 }))
    const codes = await codesOf(zipOf(many))
    expect(codes).toHaveLength(100)
    expect(new Set(codes.map(short))).toEqual(new Set(['member-path', 'member-mode']))
  })
})

/** A streaming reader sees `evil.py`, and one that begins at the end does not. */
function unlisted(): Uint8Array {
  const evil = zipOf([{ name: 'evil.py', content: 'x' }])
  const local = evil.subarray(0, evil.length - 22 - 46 - 7)
  return zipOf([{ ...A, after: local }, B])
}

function trailing(): ZipMember {
  return { ...A, data: concatBytes(deflateRawSync(utf8(A.content as string)), utf8('more')) }
}
