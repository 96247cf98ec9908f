import { utf8Decode } from '../../../base/index.ts'
import { distributionErrors } from './errors.ts'
import { quoted } from './findings.ts'
import { Pace, PER_NAME } from './pace.ts'
import { fieldsOf, wide } from './zip-records.ts'

/** What both headers of a member say of it, each in its own way. */
export interface ZipFields {
  readonly flags: number
  readonly method: number
  readonly crc32: number
  readonly packedBytes: number
  readonly unpackedBytes: number
  readonly rawName: Uint8Array
}

/** One member as the central directory has it. */
export interface ZipEntry extends ZipFields {
  readonly name: string
  readonly offset: number
  /** Upper half: mode and type of Unix; lower half: attributes of DOS. */
  readonly attributes: number
}

const CENTRAL_SIGNATURE = 0x0201_4b50
const CENTRAL_BYTES = 46
const LOCAL_SIGNATURE = 0x0403_4b50
export const LOCAL_BYTES = 30
const WIDE_EXTRA = 0x0001
/** Info-ZIP's second name for a member, which Python's zipfile takes and others do not. */
const UNICODE_PATH_EXTRA = 0x7075
const SENTINEL = 0xffff_ffff
const UTF8_FLAG = 0x0800

/** All entries of a directory that was read whole. Throws `distribution.structure`, `distribution.feature`, and others. */
export async function parseDirectory(bytes: Uint8Array, entries: number): Promise<readonly ZipEntry[]> {
  const found: ZipEntry[] = []
  const pace = new Pace()
  let at = 0
  while (at < bytes.length) {
    const { entry, length } = parseEntry(bytes.subarray(at))
    found.push(entry)
    at += length
    await pace.spend(PER_NAME)
  }
  if (found.length !== entries)
    throw distributionErrors(
      'distribution.headers-differ',
      `the zip says that it has ${entries} members, and its directory lists ${found.length}`,
    )
  return found
}

function parseEntry(bytes: Uint8Array): { readonly entry: ZipEntry; readonly length: number } {
  const fields = fieldsOf(bytes)
  if (bytes.length < CENTRAL_BYTES || fields.getUint32(0, true) !== CENTRAL_SIGNATURE)
    throw distributionErrors('distribution.structure', 'the directory of the zip is damaged')
  const nameEnd = CENTRAL_BYTES + fields.getUint16(28, true)
  const length = nameEnd + fields.getUint16(30, true)
  if (length > bytes.length)
    throw distributionErrors('distribution.structure', 'the directory of the zip is cut off')
  const rawName = bytes.subarray(CENTRAL_BYTES, nameEnd)
  const flags = fields.getUint16(8, true)
  const name = decodeName(rawName, flags)
  if (fields.getUint16(32, true) !== 0) throw odd(name, 'has a comment')
  if (fields.getUint16(34, true) !== 0) throw odd(name, 'is on another disk')
  const sizes = [fields.getUint32(24, true), fields.getUint32(20, true), fields.getUint32(42, true)]
  const [unpackedBytes = 0, packedBytes = 0, offset = 0] = widened(
    sizes,
    parseExtra(bytes.subarray(nameEnd, length), name),
    name,
  )
  const [method, crc32] = [fields.getUint16(10, true), fields.getUint32(16, true)]
  const attributes = fields.getUint32(38, true)
  return {
    entry: { flags, method, crc32, packedBytes, unpackedBytes, rawName, name, offset, attributes },
    length,
  }
}

/** Where the data of a member begins is its local header's end. `bytes` has the fixed part, then name and extra fields. */
export function parseLocal(bytes: Uint8Array, { name }: ZipEntry): ZipFields {
  const fields = fieldsOf(bytes)
  const nameEnd = LOCAL_BYTES + fields.getUint16(26, true)
  const sizes = [fields.getUint32(22, true), fields.getUint32(18, true)]
  const [unpackedBytes = 0, packedBytes = 0] = widened(sizes, parseExtra(bytes.subarray(nameEnd), name), name)
  return {
    flags: fields.getUint16(6, true),
    method: fields.getUint16(8, true),
    crc32: fields.getUint32(14, true),
    packedBytes,
    unpackedBytes,
    rawName: bytes.subarray(LOCAL_BYTES, nameEnd),
  }
}

/** Of name and extra fields together. Throws `distribution.structure`. */
export function localRest(fixed: Uint8Array, { name }: ZipEntry): number {
  const fields = fieldsOf(fixed)
  if (fields.getUint32(0, true) !== LOCAL_SIGNATURE)
    throw distributionErrors(
      'distribution.structure',
      `${quoted(name)} has no local header where the directory says`,
    )
  return fields.getUint16(26, true) + fields.getUint16(28, true)
}

/** UTF-8 only: without the flag, readers take other letters for those of some code page. */
function decodeName(raw: Uint8Array, flags: number): string {
  const isAscii = raw.every((byte) => byte < 0x80)
  if (!isAscii && (flags & UTF8_FLAG) === 0)
    throw distributionErrors('distribution.member-path', 'a path is neither ASCII nor marked as UTF-8')
  try {
    return utf8Decode(raw)
  } catch {
    throw distributionErrors('distribution.member-path', 'a path is not UTF-8')
  }
}

/** The 64-bit sizes among the extra fields (APPNOTE.TXT 4.5), which must be whole. */
function parseExtra(bytes: Uint8Array, name: string): DataView | undefined {
  const fields = fieldsOf(bytes)
  let found: DataView | undefined
  for (let at = 0; at < bytes.length;) {
    const length = at + 4 <= bytes.length ? fields.getUint16(at + 2, true) : Infinity
    if (at + 4 + length > bytes.length) throw odd(name, 'has extra fields that are cut off')
    const kind = fields.getUint16(at, true)
    if (kind === UNICODE_PATH_EXTRA) throw odd(name, 'has a second name')
    if (kind === WIDE_EXTRA && found !== undefined) throw odd(name, 'has two zip64 fields')
    if (kind === WIDE_EXTRA) found = fieldsOf(bytes.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  return found
}

/**
 * Each field that says so is replaced by 8 bytes of the extra field, in order; neither may have more than the other. Some
 * writers add both sizes where none is asked for: then they have to be those of the header, since some readers take them.
 */
function widened(sizes: readonly number[], extra: DataView | undefined, name: string): readonly number[] {
  const asked = sizes.filter((size) => size === SENTINEL).length
  if (extra !== undefined && asked === 0 && repeats(extra, sizes)) return sizes
  if ((extra?.byteLength ?? 0) !== asked * 8) throw odd(name, 'has zip64 sizes that do not fit its header')
  let at = 0
  return sizes.map((size) => {
    if (size !== SENTINEL || extra === undefined) return size
    at += 8
    return wide(extra, at - 8)
  })
}

function repeats(extra: DataView, [unpackedBytes, packedBytes]: readonly number[]): boolean {
  return extra.byteLength === 16 && wide(extra, 0) === unpackedBytes && wide(extra, 8) === packedBytes
}

function odd(name: string, what: string): Error {
  return distributionErrors('distribution.feature', `the member ${quoted(name)} ${what}`)
}
