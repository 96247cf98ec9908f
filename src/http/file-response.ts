import type { Context } from 'hono'
import type { Blob, ByteRange } from '../base/index.ts'
import { listsTag } from './entity-tag.ts'
import { httpErrors } from './errors.ts'
import { storedLocation } from './stored-location.ts'

export interface ServedFile {
  /** ASCII, without quotes and line breaks. */
  readonly fileName: string
  readonly sha256: string
  /** For what no browser must show, be it as harmless as JSON. Default: of no particular type. */
  readonly contentType?: string
  /** Not one of the folder `blobs`, of which a proxy may send files itself. */
  readonly isElsewhere?: boolean
}

/**
 * A stored file, streamed. Bytes of users are never shown as a page: always an attachment, by default of no particular type. The
 * digest is the strong validator, so one range may be asked for (RFC 9110 §14); several are answered with the whole.
 */
export async function fileResponse(context: Context, file: ServedFile, blob: Blob): Promise<Response> {
  const headers = fileHeaders(file)
  const { ETag: etag } = headers
  if (isKnown(context, etag)) return new Response(null, { status: 304, headers })
  const stored = file.isElsewhere === true ? undefined : storedLocation(context, file.sha256)
  if (stored !== undefined) return new Response(null, { headers: { ...headers, 'X-Accel-Redirect': stored } })
  const range = readRange(context, etag, blob.size)
  if (range === 'unsatisfiable') {
    return new Response(null, {
      status: 416,
      headers: { ...headers, 'Content-Range': `bytes */${blob.size}` },
    })
  }
  const body = await bodyOf(context, blob, range)
  if (range === undefined) {
    return new Response(body, { headers: { ...headers, 'Content-Length': String(blob.size) } })
  }
  const partial = {
    'Content-Range': `bytes ${range.start}-${range.end}/${blob.size}`,
    'Content-Length': String(range.end - range.start + 1),
  }
  return new Response(body, { status: 206, headers: { ...headers, ...partial } })
}

export function fileHeaders({ fileName, sha256, contentType }: ServedFile) {
  return {
    'Content-Type': contentType ?? 'application/octet-stream',
    'Content-Disposition': `attachment; filename="${fileName}"`,
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "default-src 'none'; sandbox",
    'X-Checksum-SHA256': sha256,
    'Accept-Ranges': 'bytes',
    ETag: `"${sha256}"`,
  }
}

/** The client has it already (RFC 9110 §13.1.2). */
export function isKnown(context: Context, etag: string): boolean {
  return isTagKnown(context.req.header('if-none-match'), etag)
}

export function isTagKnown(header: string | undefined, etag: string): boolean {
  return header?.trim() === '*' || listsTag(header, etag)
}

/** Up to here a stream costs more than the file: it is read whole, and what is wrong with it is said by the status. */
const MAX_READ_BYTES = 256 * 1024

async function bodyOf(
  context: Context,
  blob: Blob,
  part: ByteRange | undefined,
): Promise<ReadableStream | Uint8Array<ArrayBuffer> | null> {
  if (context.req.method === 'HEAD') return null
  const length = part === undefined ? blob.size : part.end - part.start + 1
  if (length > MAX_READ_BYTES) return ReadableStream.from(sent(blob, part))
  const parts: Uint8Array[] = []
  for await (const bytes of sent(blob, part)) parts.push(bytes)
  const whole = Buffer.concat(parts)
  if (whole.length !== length) throw httpErrors('http.file', 'a stored file is not as long as it was')
  return whole
}

/** What the operating system says of a file stays here: before its first byte an error is the text of the answer. */
export async function* sent(blob: Blob, part?: ByteRange): AsyncGenerator<Uint8Array> {
  try {
    yield* blob.stream(part)
  } catch (cause) {
    throw httpErrors('http.file', 'a stored file could not be read', { cause })
  }
}

function readRange(context: Context, etag: string, size: number): ByteRange | 'unsatisfiable' | undefined {
  const ifRange = context.req.header('if-range')
  if (ifRange !== undefined && ifRange !== etag) return undefined
  const match = /^bytes=([0-9]{0,15})-([0-9]{0,15})$/.exec(context.req.header('range') ?? '')
  if (match === null) return undefined
  const [, first = '', last = ''] = match
  return first === '' ? suffixRange(last, size) : plainRange(Number(first), last, size)
}

function suffixRange(length: string, size: number): ByteRange | 'unsatisfiable' | undefined {
  if (length === '') return undefined
  if (Number(length) === 0 || size === 0) return 'unsatisfiable'
  return { start: Math.max(size - Number(length), 0), end: size - 1 }
}

function plainRange(start: number, last: string, size: number): ByteRange | 'unsatisfiable' | undefined {
  if (last !== '' && Number(last) < start) return undefined
  if (start >= size) return 'unsatisfiable'
  return { start, end: last === '' ? size - 1 : Math.min(Number(last), size - 1) }
}
