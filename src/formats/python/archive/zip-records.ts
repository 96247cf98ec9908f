import type { Source } from '../../../base/index.ts'
import { distributionErrors } from './errors.ts'
import { LIMITS } from './limits.ts'

/** Where a zip's directory is, as its end says. Offsets and sizes in bytes from the beginning of the file. */
export interface ZipEnd {
  readonly entries: number
  readonly directoryOffset: number
  readonly directorySize: number
}

const END_SIGNATURE = 0x0605_4b50
const END_BYTES = 22
const END64_SIGNATURE = 0x0606_4b50
const END64_BYTES = 56
const LOCATOR_SIGNATURE = 0x0706_4b50
const LOCATOR_BYTES = 20
const MAX_COMMENT_BYTES = 0xffff

/** Little-endian fields, as APPNOTE.TXT has them. */
export function fieldsOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** A number of 8 bytes; one beyond what is exact is as wrong as any that is larger than the file. */
export function wide(fields: DataView, at: number): number {
  return Number(fields.getBigUint64(at, true))
}

/**
 * The end record (APPNOTE.TXT 4.3.16): the only one that a search from the end of the file can find, with the directory
 * right before it. Throws `distribution.structure`, `distribution.extra-bytes`, `distribution.headers-differ`.
 */
export async function readZipEnd(source: Source): Promise<ZipEnd> {
  const length = Math.min(source.size, END_BYTES + MAX_COMMENT_BYTES)
  const offset = source.size - length
  const tail = await source.read(offset, length)
  const at = lastEnd(tail)
  const fields = fieldsOf(tail.subarray(at, at + END_BYTES))
  if (fields.getUint16(20, true) !== tail.length - at - END_BYTES)
    throw distributionErrors(
      'distribution.extra-bytes',
      'the zip is followed by bytes that do not belong to it',
    )
  if (fields.getUint32(4, true) !== 0 || fields.getUint16(8, true) !== fields.getUint16(10, true))
    throw distributionErrors('distribution.feature', 'the zip is a part of one that spans several disks')
  const short = {
    entries: fields.getUint16(10, true),
    directorySize: fields.getUint32(12, true),
    directoryOffset: fields.getUint32(16, true),
  }
  const { end, endsAt } = await readWideEnd(source, offset + at, short)
  checkEnd(end, endsAt)
  return end
}

function lastEnd(tail: Uint8Array): number {
  for (let at = tail.length - 4; at >= 0; at -= 1) {
    if (fieldsOf(tail.subarray(at, at + 4)).getUint32(0, true) !== END_SIGNATURE) continue
    if (at + END_BYTES <= tail.length) return at
    break
  }
  throw distributionErrors(
    'distribution.structure',
    'the file is not a zip: it has no end of central directory',
  )
}

interface WideEnd {
  readonly end: ZipEnd
  /** Where the directory has to end. */
  readonly endsAt: number
}

/** Some readers take the 64-bit record whenever it is there, others only where a field of the end asks for it. */
async function readWideEnd(source: Source, endOffset: number, short: ZipEnd): Promise<WideEnd> {
  const at = endOffset - LOCATOR_BYTES
  const locator = at < 0 ? undefined : fieldsOf(await source.read(at, LOCATOR_BYTES))
  if (locator?.getUint32(0, true) !== LOCATOR_SIGNATURE) return { end: short, endsAt: endOffset }
  const endsAt = at - END64_BYTES
  const isOneDisk = locator.getUint32(4, true) === 0 && locator.getUint32(16, true) === 1
  if (endsAt < 0 || wide(locator, 8) !== endsAt || !isOneDisk)
    throw distributionErrors(
      'distribution.headers-differ',
      'the zip64 locator does not point to the record before it',
    )
  const end = parseWideEnd(fieldsOf(await source.read(endsAt, END64_BYTES)))
  agree(short.entries, end.entries, 0xffff)
  agree(short.directorySize, end.directorySize, 0xffff_ffff)
  agree(short.directoryOffset, end.directoryOffset, 0xffff_ffff)
  return { end, endsAt }
}

/** Without its extensible data, which nobody reads (APPNOTE.TXT 4.3.14). */
function parseWideEnd(fields: DataView): ZipEnd {
  if (fields.getUint32(0, true) !== END64_SIGNATURE || wide(fields, 4) !== END64_BYTES - 12)
    throw distributionErrors(
      'distribution.feature',
      'the zip64 end record is missing, or has extensible data',
    )
  const entries = wide(fields, 32)
  const disks = fields.getUint32(16, true) + fields.getUint32(20, true)
  if (disks !== 0 || wide(fields, 24) !== entries)
    throw distributionErrors('distribution.feature', 'the zip64 is a part of one that spans several disks')
  return { entries, directorySize: wide(fields, 40), directoryOffset: wide(fields, 48) }
}

function agree(short: number, long: number, sentinel: number): void {
  if (short !== sentinel && short !== long)
    throw distributionErrors(
      'distribution.headers-differ',
      'the two end records of the zip say different things',
    )
}

function checkEnd({ entries, directoryOffset, directorySize }: ZipEnd, endsAt: number): void {
  if (entries > LIMITS.maxMembers)
    throw distributionErrors(
      'distribution.too-large',
      `the archive says that it has ${entries} members; the limit is ${LIMITS.maxMembers}`,
    )
  if (directoryOffset + directorySize !== endsAt)
    throw distributionErrors(
      'distribution.extra-bytes',
      'the directory of the zip does not end where its end record begins: bytes stand before the zip or between its parts',
    )
  if (directorySize > LIMITS.maxDirectoryBytes)
    throw distributionErrors(
      'distribution.too-large',
      `the directory has ${directorySize} bytes; the limit is ${LIMITS.maxDirectoryBytes}`,
    )
}
