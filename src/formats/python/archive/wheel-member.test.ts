import { describe, expect, it } from 'vitest'
import { concatBytes, utf8, utf8Decode, type Source } from '../../../base/index.ts'
import {
  distributionOf,
  metadataOf,
  sourceOf,
  wheelMembers,
  zipOf,
  type ZipMember,
  type ZipOptions,
} from './arrange.ts'
import { checkDistribution, parseWheelRecord, readWheelMetadata, readWheelRecord } from './index.ts'

const WHEEL = 'my_pkg-1.0-py3-none-any.whl'
const INFO = 'my_pkg-1.0.dist-info'
const HONEST = metadataOf('my_pkg', '1.0')
const metadata: ZipMember = { name: `${INFO}/METADATA`, content: HONEST }

const read = async (bytes: Uint8Array, fileName = WHEEL): Promise<string> =>
  utf8Decode(await readWheelMetadata(fileName, sourceOf(bytes)))
const readFrom = (...members: readonly ZipMember[]): Promise<string> => read(zipOf(members))
const refusal = (code: string): object => ({ code: `distribution.${code}` })

/** What is read of it, as offset and length. */
function watched(bytes: Uint8Array): Source & { readonly reads: [number, number][] } {
  const reads: [number, number][] = []
  const plain = sourceOf(bytes)
  return {
    size: plain.size,
    reads,
    read: (offset, length) => {
      reads.push([offset, length])
      return plain.read(offset, length)
    },
  }
}

const filler = (index: number, bytes: number): ZipMember => ({
  name: `my_pkg/${index}-${'x'.repeat(200)}.py`,
  content: new Uint8Array(bytes).fill(index),
  method: 0,
})

describe('METADATA of a wheel', () => {
  it('is read, packed or stored', async () => {
    expect(await read(distributionOf(WHEEL))).toBe(HONEST)
    expect(await readFrom({ ...metadata, method: 0 })).toBe(HONEST)
  })

  it('is that of the file name, whatever the spelling of both', async () => {
    for (const folder of ['My.Pkg-1.0.dist-info', 'my_pkg-1.0.0.dist-info'])
      expect(await readFrom({ ...metadata, name: `${folder}/METADATA` })).toBe(HONEST)
  })

  it('may stand beside other members that would be refused for themselves', async () => {
    const odd = [
      { name: 'a.py', content: '' },
      { name: 'A.py', content: '' },
      { name: 'dev', content: '', mode: 0o020644 },
      { name: 'my_pkg/_vendor/x-1.dist-info/METADATA', content: 'deep' },
    ]
    const bytes = zipOf([...odd, ...wheelMembers(WHEEL)])
    expect((await checkDistribution(WHEEL, sourceOf(bytes))).findings.length).toBeGreaterThan(1)
    expect(await read(bytes)).toBe(HONEST)
  })

  it('costs the end of the file and two reads, be the wheel large', async () => {
    const members = [
      filler(0, 300_000),
      metadata,
      ...Array.from({ length: 1500 }, (_, at) => filler(at, 300)),
    ]
    const source = watched(zipOf(members))
    expect(utf8Decode(await readWheelMetadata(WHEEL, source))).toBe(HONEST)
    const [tail, directory, member, ...more] = source.reads
    expect(tail).toEqual([source.size - 262_144, 262_144])
    expect(directory?.[1]).toBeGreaterThan(262_144)
    expect(member?.[1]).toBeLessThan(HONEST.length + 200)
    expect(more).toEqual([])
  })

  it('costs one read beyond the end where the directory is small, and none where it stands there too', async () => {
    const before = watched(zipOf([metadata, filler(0, 300_000)]))
    await readWheelMetadata(WHEEL, before)
    expect(before.reads).toHaveLength(2)
    const behind = watched(zipOf([filler(0, 300_000), metadata]))
    await readWheelMetadata(WHEEL, behind)
    expect(behind.reads).toHaveLength(1)
  })

  it('has up to 1 MiB', async () => {
    const most = HONEST + 'x'.repeat(2 ** 20 - HONEST.length)
    expect(await readFrom({ ...metadata, content: most })).toBe(most)
    await expect(readFrom({ ...metadata, content: `${most}x` })).rejects.toMatchObject(refusal('too-large'))
  })
})

describe('METADATA is refused', () => {
  it('of what is no wheel', async () => {
    await expect(read(distributionOf('x-1.tar.gz'), 'x-1.tar.gz')).rejects.toMatchObject(refusal('file-type'))
    await expect(read(distributionOf(WHEEL), 'x.whl')).rejects.toMatchObject({ code: 'python.file-name' })
    await expect(read(utf8('no zip'))).rejects.toMatchObject(refusal('structure'))
  })

  it.each<[string, string, readonly ZipMember[]]>([
    ['dist-info', 'is in no folder', [{ ...metadata, name: 'METADATA' }]],
    ['dist-info', 'is of another name', [{ ...metadata, name: 'other-1.0.dist-info/METADATA' }]],
    ['dist-info', 'is of another version', [{ ...metadata, name: 'my_pkg-1.1.dist-info/METADATA' }]],
    ['dist-info', 'is in a folder beside another', [metadata, { name: 'x-1.dist-info/x', content: '' }]],
    [
      'dist-info',
      'is in a folder of two spellings',
      [metadata, { name: 'My_Pkg-1.0.dist-info/x', content: '' }],
    ],
    ['missing-file', 'is not there', [{ name: `${INFO}/WHEEL`, content: '' }]],
    ['missing-file', 'is deeper', [{ ...metadata, name: `${INFO}/x/METADATA` }]],
    ['member-collision', 'is there twice', [metadata, { ...metadata, content: 'other' }]],
    [
      'member-collision',
      'is there in another case too',
      [metadata, { name: `${INFO}/metadata`, content: '' }],
    ],
    [
      'member-collision',
      'is there by a detour too',
      [metadata, { name: `x/../${INFO}/./METADATA`, content: '' }],
    ],
    [
      'member-collision',
      'is there with a backslash too',
      [metadata, { name: `${INFO}\\METADATA`, content: '' }],
    ],
    ['member-collision', 'is spelled otherwise', [{ ...metadata, name: `${INFO}/Metadata` }]],
    ['member-type', 'is a link', [{ ...metadata, mode: 0o120777 }]],
    ['feature', 'is encrypted', [{ ...metadata, central: { 8: [2, 1] }, local: { 6: [2, 1] } }]],
    ['headers-differ', 'has two sizes', [{ ...metadata, local: { 22: [4, 5] } }]],
    ['headers-differ', 'has two names', [{ ...metadata, localName: `${INFO}/METADATB` }]],
    ['content', 'has another checksum', [{ ...metadata, local: { 14: [4, 5] }, central: { 16: [4, 5] } }]],
    [
      'content',
      'is larger than announced',
      [{ ...metadata, local: { 22: [4, 5] }, central: { 24: [4, 5] } }],
    ],
    ['extra-bytes', 'has bytes behind it', [{ ...metadata, after: utf8('x') }]],
    ['extra-bytes', 'overlaps the next', [metadata, { ...filler(0, 9), central: { 42: [4, 31] } }]],
    ['structure', 'has no room for its header', [metadata, { ...filler(0, 9), central: { 42: [4, 3] } }]],
    ['structure', 'ends beyond the members', [metadata, { ...filler(0, 9), central: { 42: [4, 99_999] } }]],
  ])('with %s: it %s', async (code, _what, members) => {
    await expect(readFrom(...members)).rejects.toMatchObject(refusal(code))
  })

  it.each<[string, ZipOptions]>([
    ['extra-bytes', { before: utf8('x') }],
    ['extra-bytes', { after: utf8('x') }],
    ['headers-differ', { end: { 8: [2, 2], 10: [2, 2] } }],
  ])('with %s, which the zip has: %j', async (code, options) => {
    await expect(read(zipOf([metadata], options))).rejects.toMatchObject(refusal(code))
  })

  it('with too-large before a bomb is fetched', async () => {
    const source = watched(zipOf([{ ...metadata, content: new Uint8Array(2 ** 24) }, filler(0, 300_000)]))
    await expect(readWheelMetadata(WHEEL, source)).rejects.toMatchObject(refusal('too-large'))
    expect(source.reads).toHaveLength(1)
  })

  it('with what the source throws', async () => {
    const broken = { size: 99, read: () => Promise.reject(new Error('gone')) }
    await expect(readWheelMetadata(WHEEL, broken)).rejects.toThrow('gone')
  })
})

describe('RECORD', () => {
  it('of a wheel has each file with its digest and size, and itself without', async () => {
    const entries = await readWheelRecord(WHEEL, sourceOf(distributionOf(WHEEL)))
    const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
    expect(entries).toHaveLength(4)
    expect(entries[0]).toEqual({
      path: 'my_pkg.py',
      digest: { algorithm: 'sha256', hex: empty },
      sizeBytes: 0,
    })
    expect(entries.at(-1)).toEqual({ path: `${INFO}/RECORD`, digest: null, sizeBytes: null })
  })

  it('of an environment may have scripts above its folder and stronger digests', async () => {
    const digest = Buffer.alloc(64, 7)
    const line = `../../../bin/x,sha512=${digest.toString('base64url')},3\nx/__pycache__/a.pyc,,\n`
    expect(await parseWheelRecord(utf8(line))).toEqual([
      { path: '../../../bin/x', digest: { algorithm: 'sha512', hex: '07'.repeat(64) }, sizeBytes: 3 },
      { path: 'x/__pycache__/a.pyc', digest: null, sizeBytes: null },
    ])
  })

  it('is refused with a weak digest, a path twice and more than 16 MiB', async () => {
    const wheel = zipOf([{ name: `${INFO}/RECORD`, content: 'x,md5=AA,1\n' }])
    await expect(readWheelRecord(WHEEL, sourceOf(wheel))).rejects.toMatchObject(refusal('record'))
    await expect(parseWheelRecord(utf8('x,,\nx,,\n'))).rejects.toMatchObject(refusal('record'))
    const large = concatBytes(new Uint8Array(2 ** 24), utf8('x'))
    await expect(parseWheelRecord(large)).rejects.toMatchObject(refusal('record'))
  })
})
