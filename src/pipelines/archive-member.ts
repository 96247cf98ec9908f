import { Readable } from 'node:stream'
import { fromRandomAccessReaderPromise, RandomAccessReader, type Entry, type ZipFile } from 'yauzl'
import { describeError, type Blob } from '../base/index.ts'
import { pipelineErrors } from './errors.ts'

export interface MemberLimits {
  /** More members are not looked through. */
  readonly maxEntries: number
  /** Of the member, unpacked. */
  readonly maxBytes: number
}

const DEFAULT_LIMITS: MemberLimits = { maxEntries: 100_000, maxBytes: 1 << 30 }
const WINDOW_BYTES = 256 << 10

export interface ArchiveMember {
  readonly size: number
  /** Never more than `size` bytes, whatever the archive says; ends with an error where there are fewer. */
  stream(): AsyncIterable<Uint8Array>
}

/**
 * One file out of a job's archive, without unpacking the rest. The archive is an enemy's: nothing of it is believed but
 * what the directory says, no more is held than a window of it, and what is unpacked has the size that was announced.
 * Throws `pipelines.archive-member` where it is not there, `pipelines.archive` where the archive is no zip or too much.
 */
export async function openMember(
  blob: Blob,
  path: string,
  limits: MemberLimits = DEFAULT_LIMITS,
): Promise<ArchiveMember> {
  const zip = await openZip(blob)
  const entry = await findEntry(zip, Buffer.from(path), limits)
  if (entry === undefined)
    throw pipelineErrors('pipelines.archive-member', 'the archive of the job has no file at that path')
  checkEntry(entry, limits)
  return { size: entry.uncompressedSize, stream: () => unpacked(zip, entry) }
}

async function openZip(blob: Blob): Promise<ZipFile> {
  const options = { lazyEntries: true, autoClose: false, decodeStrings: false }
  try {
    return await fromRandomAccessReaderPromise(new BlobReader(blob), blob.size, options)
  } catch (cause) {
    throw damaged(cause)
  }
}

function damaged(cause: unknown): Error {
  return pipelineErrors(
    'pipelines.archive',
    `the archive of the job cannot be read: ${describeError(cause)}`,
    {
      cause,
    },
  )
}

async function findEntry(
  zip: ZipFile,
  wanted: Buffer,
  { maxEntries }: MemberLimits,
): Promise<Entry | undefined> {
  if (zip.entryCount > maxEntries)
    throw pipelineErrors('pipelines.archive', `the archive of the job has ${zip.entryCount} members`)
  try {
    for await (const entry of zip.eachEntry()) {
      // Bytes, as decoding is off; a folder's name ends with a slash, and is no file's.
      const name: unknown = entry.fileName
      if (Buffer.isBuffer(name) && name.equals(wanted)) return entry
    }
  } catch (cause) {
    throw damaged(cause)
  }
  return undefined
}

const TYPE = 0o170000
const REGULAR = 0o100000
const ENCRYPTED = 0x0001

function checkEntry(entry: Entry, { maxBytes }: MemberLimits): void {
  const type = (entry.externalFileAttributes >>> 16) & TYPE
  if (type !== 0 && type !== REGULAR)
    throw pipelineErrors('pipelines.archive-member', 'what the archive has at that path is not a file')
  if ((entry.generalPurposeBitFlag & ENCRYPTED) !== 0)
    throw pipelineErrors('pipelines.archive', 'the file in the archive is encrypted')
  if (entry.uncompressedSize > maxBytes)
    throw pipelineErrors('pipelines.archive', `the file has ${entry.uncompressedSize} bytes, unpacked`)
}

async function* unpacked(zip: ZipFile, entry: Entry): AsyncGenerator<Uint8Array> {
  try {
    // Counts while it unpacks, and ends with an error at another size than the announced one.
    const stream: AsyncIterable<Uint8Array> = await zip.openReadStreamPromise(entry)
    for await (const bytes of stream) yield bytes
  } catch (cause) {
    throw damaged(cause)
  }
}

interface Reading {
  /** In the buffer. */
  readonly offset: number
  readonly length: number
  /** In the archive. */
  readonly position: number
}

/** Small reads come out of a window; the data of a member streams. */
class BlobReader extends RandomAccessReader {
  readonly #blob: Blob
  #window: Buffer = Buffer.alloc(0)
  #start = 0

  constructor(blob: Blob) {
    super()
    this.#blob = blob
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(this.#blob.stream({ start, end: end - 1 }), { objectMode: false })
  }

  override read(
    buffer: Buffer,
    ...[offset, length, position, done]: [number, number, number, (error: Error | null) => void]
  ): void {
    void this.#answer(buffer, { offset, length, position }, done)
  }

  async #answer(buffer: Buffer, reading: Reading, done: (error: Error | null) => void): Promise<void> {
    done(await this.#copy(buffer, reading))
  }

  /** Resolves to what was wrong. */
  async #copy(buffer: Buffer, { offset, length, position }: Reading): Promise<Error | null> {
    try {
      await this.#fill(position, length)
      const start = position - this.#start
      this.#window.copy(buffer, offset, start, start + length)
      return null
    } catch (error) {
      return error instanceof Error ? error : new Error('the archive could not be read')
    }
  }

  async #fill(position: number, length: number): Promise<void> {
    if (position >= this.#start && position + length <= this.#start + this.#window.length) return
    const end = Math.min(position + Math.max(length, WINDOW_BYTES), this.#blob.size) - 1
    if (position + length - 1 > end) throw new Error('the archive is cut off')
    const parts: Uint8Array[] = []
    if (length > 0) for await (const part of this.#blob.stream({ start: position, end })) parts.push(part)
    this.#window = Buffer.concat(parts)
    this.#start = position
  }
}
