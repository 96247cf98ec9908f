/** For tests only: honest wheels and sdists of a few hundred bytes, and the writers of which hostile ones are made. */
import { createHash } from 'node:crypto'
import { crc32, deflateRawSync, gzipSync } from 'node:zlib'
import { concatBytes, utf8, type Source } from '../../../base/index.ts'

export interface ZipMember {
  readonly name: string
  readonly content: string | Uint8Array
  /** Default deflated. */
  readonly method?: number
  readonly mode?: number
  /** Little-endian values by offset, over the fixed part of a header: `{ 6: [2, 8] }` writes 8 into two bytes. */
  readonly local?: Patch
  readonly central?: Patch
  readonly localExtra?: Uint8Array
  readonly centralExtra?: Uint8Array
  readonly localName?: string | Uint8Array
  readonly rawName?: Uint8Array
  /** Instead of the compressed content. */
  readonly data?: Uint8Array
  /** Between the member's data and what follows. */
  readonly after?: Uint8Array
}

export type Patch = Readonly<Record<number, readonly [width: 2 | 4 | 8, value: number]>>

export interface ZipOptions {
  readonly before?: Uint8Array
  /** Between directory and end. */
  readonly beforeEnd?: Uint8Array
  readonly end?: Patch
  readonly comment?: Uint8Array
  readonly after?: Uint8Array
}

export function zipOf(members: readonly ZipMember[], options: ZipOptions = {}): Uint8Array {
  const locals: Uint8Array[] = [options.before ?? NOTHING]
  const centrals: Uint8Array[] = []
  let offset = locals[0]?.length ?? 0
  for (const member of members) {
    const { local, central } = headersOf(member, offset)
    locals.push(local)
    centrals.push(central)
    offset += local.length
  }
  const directory = concatBytes(...centrals)
  const comment = options.comment ?? NOTHING
  const end = patched(22, {
    0: [4, 0x0605_4b50],
    8: [2, members.length],
    10: [2, members.length],
    12: [4, directory.length],
    16: [4, offset],
    20: [2, comment.length],
    ...options.end,
  })
  const rest = [options.beforeEnd ?? NOTHING, end, comment, options.after ?? NOTHING]
  return concatBytes(...locals, directory, ...rest)
}

const NOTHING = new Uint8Array(0)

function headersOf(member: ZipMember, offset: number): { local: Uint8Array; central: Uint8Array } {
  const content = bytesOf(member.content)
  const method = member.method ?? 8
  const data = member.data ?? (method === 8 ? new Uint8Array(deflateRawSync(content)) : content)
  const common = { name: member.rawName ?? utf8(member.name), content, method, data }
  return {
    local: concatBytes(localHeader(member, common), data, member.after ?? NOTHING),
    central: centralHeader(member, common, offset),
  }
}

interface Common {
  readonly name: Uint8Array
  readonly content: Uint8Array
  readonly method: number
  readonly data: Uint8Array
}

function localHeader(member: ZipMember, { name, content, method, data }: Common): Uint8Array {
  const localName = bytesOf(member.localName ?? name)
  const extra = member.localExtra ?? NOTHING
  const fixed = patched(30, {
    0: [4, 0x0403_4b50],
    4: [2, 20],
    6: [2, utf8Flag(name)],
    8: [2, method],
    12: [2, 0x21],
    14: [4, crc32(content)],
    18: [4, data.length],
    22: [4, content.length],
    26: [2, localName.length],
    28: [2, extra.length],
    ...member.local,
  })
  return concatBytes(fixed, localName, extra)
}

function centralHeader(member: ZipMember, common: Common, offset: number): Uint8Array {
  const { name, content, method, data } = common
  const extra = member.centralExtra ?? NOTHING
  const fixed = patched(46, {
    0: [4, 0x0201_4b50],
    4: [2, 0x0314],
    6: [2, 20],
    8: [2, utf8Flag(name)],
    10: [2, method],
    14: [2, 0x21],
    16: [4, crc32(content)],
    20: [4, data.length],
    24: [4, content.length],
    28: [2, name.length],
    30: [2, extra.length],
    38: [4, (member.mode ?? 0o100644) * 2 ** 16],
    42: [4, offset],
    ...member.central,
  })
  return concatBytes(fixed, name, extra)
}

function utf8Flag(name: Uint8Array): number {
  return name.every((byte) => byte < 128) ? 0 : 0x800
}

export function patched(length: number, patch: Patch): Uint8Array {
  const bytes = new Uint8Array(length)
  const view = new DataView(bytes.buffer)
  for (const [at, [width, value]] of Object.entries(patch)) {
    if (width === 8) view.setBigUint64(Number(at), BigInt(value), true)
    else if (width === 4) view.setUint32(Number(at), value, true)
    else view.setUint16(Number(at), value, true)
  }
  return bytes
}

export interface TarMember {
  readonly name: string
  readonly content?: string | Uint8Array
  /** Default a file. */
  readonly type?: string
  readonly target?: string
  readonly mode?: number
  /** Instead of the content's. */
  readonly size?: number
  readonly magic?: string
  /** Texts over the header by offset, before the checksum is written. */
  readonly over?: Readonly<Record<number, string>>
  readonly checksum?: string
}

/** Without its end mark. */
export function tarMembers(members: readonly TarMember[]): Uint8Array {
  return concatBytes(
    ...members.flatMap((member) => [tarHeader(member), padded(bytesOf(member.content ?? ''))]),
  )
}

export const END_MARK = new Uint8Array(1024)

export function tarOf(members: readonly TarMember[]): Uint8Array {
  return concatBytes(tarMembers(members), END_MARK)
}

function tarHeader(member: TarMember): Uint8Array {
  const block = Buffer.alloc(512)
  const size = member.size ?? bytesOf(member.content ?? '').length
  block.write(member.name, 0, 100, 'utf8')
  block.write(
    `${(member.mode ?? 0o644).toString(8).padStart(7, '0')}\0${'0'.repeat(7)}\0${'0'.repeat(7)}\0`,
    100,
  )
  block.write(`${size.toString(8).padStart(11, '0')}\0${'0'.repeat(11)}\0        `, 124)
  block.write(member.type ?? '0', 156)
  block.write(member.target ?? '', 157)
  block.write(member.magic ?? 'ustar\u000000', 257)
  for (const [at, text] of Object.entries(member.over ?? {})) block.write(text, Number(at), 'latin1')
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(member.checksum ?? `${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return new Uint8Array(block)
}

export function paxMember(records: readonly (readonly [string, string])[], type = 'x'): TarMember {
  return { name: 'pax', type, content: records.map(([key, value]) => paxRecord(key, value)).join('') }
}

function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`)
  const length = rest + String(rest).length
  return `${rest + String(length).length} ${key}=${value}\n`
}

function padded(bytes: Uint8Array): Uint8Array {
  return concatBytes(bytes, new Uint8Array((512 - (bytes.length % 512)) % 512))
}

export function gzipOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(gzipSync(bytes))
}

export function bytesOf(content: string | Uint8Array): Uint8Array {
  return typeof content === 'string' ? utf8(content) : content
}

export function sourceOf(bytes: Uint8Array): Source {
  return {
    size: bytes.length,
    read: async (offset, length) => {
      if (offset < 0 || offset + length > bytes.length) throw new Error(`read ${length} at ${offset}`)
      return bytes.slice(offset, offset + length)
    },
  }
}

export interface Honest {
  /** Something in which two of one name differ. */
  readonly content?: string
  readonly requiresPython?: string
}

/** What a build backend makes: a wheel or an sdist with one module, by its file name. */
export function distributionOf(fileName: string, honest: Honest = {}): Uint8Array {
  return fileName.endsWith('.whl')
    ? zipOf(wheelMembers(fileName, honest))
    : gzipOf(tarOf(sdistMembers(fileName, honest)))
}

export function wheelMembers(fileName: string, honest: Honest = {}): readonly ZipMember[] {
  const [name = '', version = ''] = fileName.split('-')
  const tags = fileName
    .replace(/\.whl$/, '')
    .split('-')
    .slice(-3)
    .join('-')
  const info = `${name}-${version}.dist-info`
  const members = [
    { name: `${name.toLowerCase()}.py`, content: honest.content ?? '' },
    { name: `${info}/METADATA`, content: metadataOf(name, version, honest) },
    {
      name: `${info}/WHEEL`,
      content: `Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: ${tags}\n`,
    },
  ]
  return [...members, { name: `${info}/RECORD`, content: recordOf(members, info) }]
}

/** An honest wheel of exactly so many bytes. */
export function wheelOfSize(totalBytes: number, fileName = 'my_pkg-1.0.0-py3-none-any.whl'): Uint8Array {
  const plain = distributionOf(fileName, { requiresPython: '>=3.9' })
  // Its length is in RECORD, too, so that the first guess may be a little off.
  for (let length = totalBytes - plain.length; length > 0;) {
    const honest = { requiresPython: '>=3.9', content: 'x'.repeat(length) }
    const wheel = zipOf(
      wheelMembers(fileName, honest).map(({ name, content }) => ({ name, content, method: 0 })),
    )
    if (wheel.length === totalBytes) return wheel
    length += totalBytes - wheel.length
  }
  throw new Error(`no wheel has ${totalBytes} bytes`)
}

export function recordOf(members: readonly ZipMember[], info: string): string {
  const rows = members.map(({ name, content }) => {
    const bytes = bytesOf(content)
    return `${name},sha256=${createHash('sha256').update(bytes).digest('base64url')},${bytes.length}\n`
  })
  return `${rows.join('')}${info}/RECORD,,\n`
}

export function sdistMembers(fileName: string, honest: Honest = {}): readonly TarMember[] {
  const root = fileName.replace(/\.tar\.gz$/, '')
  const dash = root.lastIndexOf('-')
  const [name, version] = [root.slice(0, dash), root.slice(dash + 1)]
  return [
    { name: `${root}/PKG-INFO`, content: metadataOf(name, version, honest) },
    { name: `${root}/pyproject.toml`, content: '' },
    { name: `${root}/module.py`, content: honest.content ?? '' },
  ]
}

export function metadataOf(name: string, version: string, { requiresPython = '' }: Honest = {}): string {
  const requires = requiresPython === '' ? '' : `Requires-Python: ${requiresPython}\n`
  return `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n${requires}\nText.\n`
}
