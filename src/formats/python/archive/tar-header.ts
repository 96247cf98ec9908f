import { utf8Decode } from '../../../base/index.ts'
import { distributionErrors } from './errors.ts'

export const BLOCK_BYTES = 512

export interface TarHeader {
  readonly type: string
  /** As the header itself has it: pax and GNU headers before it may replace it. */
  readonly path: string
  readonly target: string
  readonly size: number
  readonly mode: number
}

/** As POSIX has it (pax, ustar) and as old GNU tar has it; the second has other things where the first has a prefix. */
const POSIX_MAGIC = 'ustar\u000000'
const GNU_MAGIC = 'ustar  \0'
/** GNU's form, in as many bytes as an owner or a time of every system has. */
const LARGE_NUMBER = /^\u0080\0{3,}[^]{4}$/
const PLAIN_NUMBER = /^[ 0]*(?<octal>[0-7]*)[ \0]*$/

/**
 * A header block. Every number in it is read as strictly as the strictest reader does: Python's tarfile takes a header
 * whose owner or time is malformed for the end of the archive. Throws `distribution.structure`, `distribution.feature`.
 */
export function parseTarHeader(block: Uint8Array): TarHeader {
  const latin1 = (start: number, end: number): string =>
    Buffer.from(block.subarray(start, end)).toString('latin1')
  const magic = latin1(257, 265)
  if (magic !== POSIX_MAGIC && magic !== GNU_MAGIC)
    throw distributionErrors(
      'distribution.structure',
      'a header of the tar is neither ustar nor GNU: it is damaged, or not there',
    )
  if (octal(latin1(148, 156), 'checksum') !== checksum(block))
    throw distributionErrors('distribution.structure', 'a header of the tar has a wrong checksum')
  checkOthers(latin1)
  const name = text(block.subarray(0, 100))
  return {
    type: latin1(156, 157),
    path: magic === POSIX_MAGIC ? prefixed(text(block.subarray(345, 500)), name) : unprefixed(block, name),
    target: text(block.subarray(157, 257)),
    size: octal(latin1(124, 136), 'size'),
    mode: octal(latin1(100, 108), 'mode'),
  }
}

export function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0)
}

/** Owner, group, time and device are no concern of ours, only that all readers can read them. */
function checkOthers(latin1: (start: number, end: number) => string): void {
  const ranges = [
    ['owner', 108, 116],
    ['group', 116, 124],
    ['time', 136, 148],
    ['device', 329, 337],
    ['device', 337, 345],
  ] as const
  for (const [what, start, end] of ranges) {
    const field = latin1(start, end)
    if (what !== 'device' && LARGE_NUMBER.test(field)) continue
    octal(field, what)
  }
}

function octal(field: string, what: string): number {
  const digits = PLAIN_NUMBER.exec(field)?.groups?.['octal']
  if (digits === undefined)
    throw distributionErrors('distribution.structure', `a header of the tar has a ${what} that is not octal`)
  return digits === '' ? 0 : Number.parseInt(digits, 8)
}

/** The bytes as numbers, the checksum itself as spaces. */
function checksum(block: Uint8Array): number {
  let sum = 8 * 0x20
  for (let at = 0; at < BLOCK_BYTES; at += 1) if (at < 148 || at >= 156) sum += block[at] ?? 0
  return sum
}

function prefixed(prefix: string, name: string): string {
  return prefix === '' ? name : `${prefix}/${name}`
}

function unprefixed(block: Uint8Array, name: string): string {
  if (!isZero(block.subarray(345, 500)))
    throw distributionErrors(
      'distribution.feature',
      'a GNU header of the tar has fields that others read as a path',
    )
  return name
}

/** Up to its NUL; in UTF-8, since every other encoding is a guess. */
export function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0)
  if (end >= 0 && !isZero(bytes.subarray(end)))
    throw distributionErrors('distribution.member-path', 'a path of the tar has bytes after its end')
  try {
    return utf8Decode(end < 0 ? bytes : bytes.subarray(0, end))
  } catch {
    throw distributionErrors('distribution.member-path', 'a path of the tar is not UTF-8')
  }
}
