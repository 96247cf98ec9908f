import { GrowingBytes } from '../../../base/index.ts'
import { ByteStream } from './byte-stream.ts'
import { distributionErrors } from './errors.ts'
import { quoted, type Findings } from './findings.ts'
import { LIMITS } from './limits.ts'
import { MemberNames } from './member-names.ts'
import { BLOCK_BYTES, isZero, parseTarHeader, type TarHeader } from './tar-header.ts'
import { TarLinks, type Link } from './tar-links.ts'
import { extended, EXTENSIONS, memberOf, type Before, type TarMember } from './tar-member.ts'

interface Reading {
  readonly stream: ByteStream
  readonly findings: Findings
  readonly names: MemberNames
  readonly links: TarLinks
  extensionBytes: number
}

export interface TarVisitor {
  /** How many bytes of the member to keep. */
  readonly want: (member: TarMember) => number
  /** `bytes` is undefined where it has more. */
  readonly seen: (member: TarMember, bytes: Uint8Array | undefined) => void
}

/**
 * Every member of a tar that every reader reads alike: pax or GNU headers that say one thing, members whose end is where
 * all take it to be, and after the end mark nothing. Throws what no further reading is possible after; the rest goes to
 * the findings.
 */
export async function readTar(
  chunks: AsyncIterable<Uint8Array>,
  findings: Findings,
  visitor: TarVisitor,
): Promise<void> {
  const reading = {
    stream: new ByteStream(chunks),
    findings,
    names: new MemberNames(findings),
    links: new TarLinks(findings),
    extensionBytes: 0,
  }
  try {
    for (let headers = 0; await readNext(reading, visitor); headers += 1)
      if (headers > LIMITS.maxMembers)
        throw distributionErrors(
          'distribution.too-large',
          `the tar has more than ${LIMITS.maxMembers} members`,
        )
    reading.names.finish()
  } finally {
    await reading.stream.end()
  }
}

/** False at the end mark. */
async function readNext(reading: Reading, visitor: TarVisitor): Promise<boolean> {
  let before: Before = {}
  for (let headers = 0; ; headers += 1) {
    const block = await reading.stream.take(BLOCK_BYTES)
    if (block.length < BLOCK_BYTES)
      throw distributionErrors('distribution.structure', 'the tar ends without an end mark')
    if (isZero(block)) return endMark(reading, headers)
    const header = parseTarHeader(block)
    if (!EXTENSIONS.has(header.type)) {
      await readMember(reading, visitor, { header, before })
      return true
    }
    before = await readExtension(reading, header, before)
    if (headers > 3)
      throw distributionErrors(
        'distribution.feature',
        'a member of the tar has more than three headers before it',
      )
  }
}

async function endMark({ stream }: Reading, headersBefore: number): Promise<false> {
  if (headersBefore > 0)
    throw distributionErrors('distribution.structure', 'the tar ends after the header of a member')
  const second = await stream.take(BLOCK_BYTES)
  if (second.length < BLOCK_BYTES)
    throw distributionErrors('distribution.structure', 'the end mark of the tar is cut off')
  if (!isZero(second))
    throw distributionErrors(
      'distribution.extra-bytes',
      'a header follows a single block of zeros in the tar',
    )
  for await (const part of stream.stream(Infinity))
    if (!isZero(part))
      throw distributionErrors('distribution.extra-bytes', 'bytes follow the end mark of the tar')
  return false
}

async function readExtension(reading: Reading, header: TarHeader, before: Before): Promise<Before> {
  const { type, size } = header
  if (size > LIMITS.maxPaxBytes)
    throw distributionErrors(
      'distribution.too-large',
      `a pax header of the tar has ${size} bytes; the limit is ${LIMITS.maxPaxBytes}`,
    )
  reading.extensionBytes += size
  if (reading.extensionBytes > LIMITS.maxDirectoryBytes)
    throw distributionErrors(
      'distribution.too-large',
      `the pax headers of the tar have more than ${LIMITS.maxDirectoryBytes} bytes together`,
    )
  return extended(before, type, await takePadded(reading.stream, size))
}

interface Headers {
  readonly header: TarHeader
  readonly before: Before
}

async function readMember(reading: Reading, visitor: TarVisitor, headers: Headers): Promise<void> {
  const { stream, findings, names } = reading
  const { size, mode } = headers.header
  const { target, isHard, ...member } = memberOf(headers.header, headers.before)
  names.add(member.path, member.kind)
  checkTarget(reading, member, { target, isHard })
  checkMode(member, mode, findings)
  visitor.seen(member, await takeMember(stream, size, visitor.want(member)))
}

function checkTarget({ links, findings }: Reading, { path, kind }: TarMember, link: Link): void {
  if (kind === 'link') links.add(path, link)
  else if (link.target !== '')
    findings.add('distribution.headers-differ', `${quoted(path)} is a ${kind}, and has a target`)
  if (kind === 'file') links.addFile(path)
}

function checkMode({ path, kind }: TarMember, mode: number, findings: Findings): void {
  if (kind === 'link') return
  if ((mode & 0o4000) !== 0 || (kind === 'file' && (mode & 0o2000) !== 0))
    findings.add('distribution.member-mode', `${quoted(path)} has the mode ${(mode & 0o7777).toString(8)}`)
}

async function takePadded(stream: ByteStream, size: number): Promise<Uint8Array> {
  const bytes = Uint8Array.from(await stream.take(size))
  await skipPadding(stream, size)
  if (bytes.length < size) throw cutOff()
  return bytes
}

async function takeMember(
  stream: ByteStream,
  size: number,
  maxKept: number,
): Promise<Uint8Array | undefined> {
  const kept = new GrowingBytes()
  let length = 0
  for await (const part of stream.stream(size)) {
    length += part.length
    if (size <= maxKept) kept.add(part)
  }
  if (length < size) throw cutOff()
  await skipPadding(stream, size)
  return size <= maxKept ? kept.bytes() : undefined
}

async function skipPadding(stream: ByteStream, size: number): Promise<void> {
  const padding = (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES
  if ((await stream.take(padding)).length < padding) throw cutOff()
}

function cutOff(): Error {
  return distributionErrors('distribution.structure', 'the tar is cut off')
}
