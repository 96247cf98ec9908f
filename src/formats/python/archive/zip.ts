import { createHash, type Hash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { bytesEqual, GrowingBytes, type Source } from '../../../base/index.ts'
import { distributionErrors } from './errors.ts'
import { quoted, type Findings } from './findings.ts'
import { inflate, inflateSmall, SMALL_BYTES } from './inflate.ts'
import { unpackedTooMuch } from './limits.ts'
import { MemberNames } from './member-names.ts'
import { Pace, PER_NAME } from './pace.ts'
import {
  LOCAL_BYTES,
  localRest,
  parseDirectory,
  parseLocal,
  type ZipEntry,
  type ZipFields,
} from './zip-entry.ts'
import { checkEntry, DEFLATED } from './zip-features.ts'
import { readZipEnd } from './zip-records.ts'

/** What the caller wants of a member, by its name: its digest, and its bytes up to a number. */
export interface Wanted {
  readonly digest?: string
  readonly maxKeptBytes?: number
}

/** What was seen of a member's data. */
export interface Seen {
  readonly size: number
  readonly digest?: Uint8Array
  /** Undefined where it has more than the caller keeps. */
  readonly bytes?: Uint8Array
}

export interface Zip {
  /** Without folders, in the order of the archive. */
  readonly files: readonly ZipEntry[]
  /** Of one member, before all are read. */
  readonly read: (entry: ZipEntry, maxBytes: number) => Promise<Uint8Array>
  /** Each member once, from the first to the last; what is wrong with one goes to the findings. */
  readonly readAll: (
    want: (name: string) => Wanted,
    seen: (name: string, what: Seen) => void,
  ) => Promise<void>
}

const CHUNK_BYTES = 256 * 1024

/**
 * Opens a zip that every reader reads alike: its members stand one after the other from the first byte to the
 * directory, which lists each once and agrees with what stands before it, so that a reader that streams and one that
 * begins at the end see the same. Throws what no further reading is possible after; the rest goes to the findings.
 */
export async function openZip(source: Source, findings: Findings): Promise<Zip> {
  const { entries, endsAt } = await readDirectory(source)
  await checkNames(entries, findings)
  checkTotals(entries, source.size)
  const place: Place = { source, findings, ends: endsOf(entries, endsAt) }
  const files = entries.filter(({ name }) => !name.endsWith('/'))
  return {
    files,
    read: async (entry, maxBytes) => {
      const { bytes } = await readData(source, entry, {
        wanted: { maxKeptBytes: maxBytes },
        at: await dataOffset(source, entry),
      })
      if (bytes === undefined)
        throw distributionErrors(
          'distribution.too-large',
          `${quoted(entry.name)} has more than ${maxBytes} bytes`,
        )
      return bytes
    },
    readAll: async (want, seen) => {
      const pace = new Pace()
      for (const entry of entries) {
        await pace.spend(PER_NAME + entry.unpackedBytes)
        const data = await findings.within(() => readMember(place, entry, want(entry.name)))
        if (data !== undefined) seen(entry.name, data)
      }
    },
  }
}

export interface Directory {
  /** In the order of the archive. */
  readonly entries: readonly ZipEntry[]
  /** Where the last member has to end. */
  readonly endsAt: number
}

/** Throws what `readZipEnd` and `parseDirectory` throw. */
export async function readDirectory(source: Source): Promise<Directory> {
  const end = await readZipEnd(source)
  const directory = await source.read(end.directoryOffset, end.directorySize)
  const entries = [...(await parseDirectory(directory, end.entries))].toSorted(
    (one, two) => one.offset - two.offset,
  )
  return { entries, endsAt: end.directoryOffset }
}

interface Place {
  readonly source: Source
  readonly findings: Findings
  /** Where each entry has to end. */
  readonly ends: ReadonlyMap<ZipEntry, number>
}

async function checkNames(entries: readonly ZipEntry[], findings: Findings): Promise<void> {
  const names = new MemberNames(findings)
  const pace = new Pace()
  for (const entry of entries) {
    const isFolder = entry.name.endsWith('/')
    names.add(isFolder ? entry.name.slice(0, -1) : entry.name, isFolder ? 'folder' : 'file')
    checkEntry(entry, findings)
    await pace.spend(PER_NAME)
  }
  names.finish()
}

function checkTotals(entries: readonly ZipEntry[], packedBytes: number): void {
  const total = entries.reduce((sum, { unpackedBytes }) => sum + unpackedBytes, 0)
  const problem = unpackedTooMuch(total, packedBytes)
  if (problem !== undefined) throw distributionErrors('distribution.too-large', problem)
}

/** A map, and not the next entry at each: entries that overlap are told from those with a gap when they are read. */
export function endsOf(entries: readonly ZipEntry[], directoryOffset: number): ReadonlyMap<ZipEntry, number> {
  if ((entries[0]?.offset ?? directoryOffset) !== 0)
    throw distributionErrors('distribution.extra-bytes', 'bytes stand before the first member of the zip')
  return new Map(entries.map((entry, index) => [entry, entries[index + 1]?.offset ?? directoryOffset]))
}

/** Reads nothing of the source that is not between the offset of the member and its end. */
export async function readMember(
  { source, findings, ends }: Place,
  entry: ZipEntry,
  wanted: Wanted,
): Promise<Seen> {
  const fixed = await source.read(entry.offset, Math.min(LOCAL_BYTES, source.size - entry.offset))
  if (fixed.length < LOCAL_BYTES)
    throw distributionErrors('distribution.structure', 'a local header is cut off')
  const rest = localRest(fixed, entry)
  const dataAt = entry.offset + LOCAL_BYTES + rest
  const endsAt = ends.get(entry) ?? 0
  if (dataAt + entry.packedBytes !== endsAt)
    throw distributionErrors(
      'distribution.extra-bytes',
      `${quoted(entry.name)} ends at byte ${dataAt + entry.packedBytes}, and what follows it begins at ${endsAt}`,
    )
  const local = parseLocal(await source.read(entry.offset, LOCAL_BYTES + rest), entry)
  compareHeaders(local, entry, findings)
  return readData(source, entry, { wanted, at: dataAt })
}

function compareHeaders(local: ZipFields, entry: ZipEntry, findings: Findings): void {
  const different = (['flags', 'method', 'crc32', 'packedBytes', 'unpackedBytes'] as const).filter(
    (field) => local[field] !== entry[field],
  )
  if (!bytesEqual(local.rawName, entry.rawName)) different.push('rawName' as never)
  if (different.length > 0)
    findings.add(
      'distribution.headers-differ',
      `the local header of ${quoted(entry.name)} differs from the directory in ${different.map((field) => WORDS[field]).join(', ')}`,
    )
}

const WORDS: Readonly<Record<string, string>> = {
  flags: 'flags',
  method: 'compression method',
  crc32: 'checksum',
  packedBytes: 'compressed size',
  unpackedBytes: 'size',
  rawName: 'name',
}

async function dataOffset(source: Source, entry: ZipEntry): Promise<number> {
  if (entry.offset + LOCAL_BYTES > source.size)
    throw distributionErrors('distribution.structure', 'a local header is cut off')
  return entry.offset + LOCAL_BYTES + localRest(await source.read(entry.offset, LOCAL_BYTES), entry)
}

interface DataPlace {
  readonly wanted: Wanted
  readonly at: number
}

/** All of a member's data, held against what the directory announces of it. */
async function readData(source: Source, entry: ZipEntry, { wanted, at }: DataPlace): Promise<Seen> {
  if (at + entry.packedBytes > source.size)
    throw distributionErrors('distribution.structure', `the data of ${quoted(entry.name)} is cut off`)
  const taking = new Taking(entry, wanted)
  if (Math.max(entry.packedBytes, entry.unpackedBytes) <= SMALL_BYTES) {
    const packed = await source.read(at, entry.packedBytes)
    if (entry.method !== DEFLATED) return take(taking, packed, entry.packedBytes)
    const { bytes, usedBytes } = inflateSmall(packed, entry.unpackedBytes)
    return take(taking, bytes, usedBytes)
  }
  const packed = rangeOf(source, at, entry.packedBytes)
  if (entry.method !== DEFLATED) {
    for await (const chunk of packed) taking.add(chunk)
    return taking.finish(entry.packedBytes)
  }
  const { chunks, usedBytes } = inflate(packed)
  for await (const chunk of chunks) taking.add(chunk)
  return taking.finish(usedBytes())
}

function take(taking: Taking, bytes: Uint8Array, usedBytes: number): Seen {
  taking.add(bytes)
  return taking.finish(usedBytes)
}

class Taking {
  readonly #entry: ZipEntry
  readonly #hash: Hash | undefined
  readonly #maxKeptBytes: number
  readonly #kept = new GrowingBytes()
  #size = 0
  #crc32 = 0

  constructor(entry: ZipEntry, { digest, maxKeptBytes = 0 }: Wanted) {
    this.#entry = entry
    this.#hash = digest === undefined ? undefined : createHash(digest)
    this.#maxKeptBytes = maxKeptBytes
  }

  add(chunk: Uint8Array): void {
    this.#size += chunk.length
    if (this.#size > this.#entry.unpackedBytes)
      throw distributionErrors('distribution.content', `${quoted(this.#entry.name)} is larger than announced`)
    this.#crc32 = crc32(chunk, this.#crc32)
    this.#hash?.update(chunk)
    if (this.#size <= this.#maxKeptBytes) this.#kept.add(chunk)
  }

  finish(usedBytes: number): Seen {
    const { name, packedBytes, unpackedBytes, crc32: announced } = this.#entry
    if (usedBytes !== packedBytes)
      throw distributionErrors(
        'distribution.extra-bytes',
        `the compressed data of ${quoted(name)} ends before its end`,
      )
    if (this.#size !== unpackedBytes || this.#crc32 !== announced)
      throw distributionErrors(
        'distribution.content',
        `${quoted(name)} has another size or checksum than announced`,
      )
    return {
      size: this.#size,
      ...(this.#hash === undefined ? {} : { digest: new Uint8Array(this.#hash.digest()) }),
      ...(this.#size <= this.#maxKeptBytes ? { bytes: this.#kept.bytes() } : {}),
    }
  }
}

/** A part of a source, in pieces. */
export async function* rangeOf(source: Source, start: number, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < length; at += CHUNK_BYTES)
    yield await source.read(start + at, Math.min(CHUNK_BYTES, length - at))
}
