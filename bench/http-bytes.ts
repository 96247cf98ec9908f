/** HTTP/1.1 as bytes: requests are written out before the clock starts, and answers cost the generator little. */

export interface Request {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}

export interface Answer {
  readonly status: number
  readonly body: Buffer
}

const HEAD_END = '\r\n\r\n'

export function formatRequest(host: string, { method, path, headers = {}, body }: Request): Buffer {
  const length = body === undefined ? {} : { 'Content-Length': String(body.length) }
  const lines = Object.entries({ Host: host, ...headers, ...length }).map(
    ([name, value]) => `${name}: ${value}`,
  )
  const head = Buffer.from([`${method} ${path} HTTP/1.1`, ...lines].join('\r\n') + HEAD_END, 'latin1')
  return Buffer.concat([head, body ?? new Uint8Array()])
}

/** Undefined until all of it has arrived. */
export function readAnswer(bytes: Buffer): Answer | undefined {
  const end = bytes.indexOf(HEAD_END)
  if (end === -1) return undefined
  const head = bytes.toString('latin1', 0, end).toLowerCase()
  const status = Number(head.slice('http/1.1 '.length, 'http/1.1 200'.length))
  const rest = bytes.subarray(end + HEAD_END.length)
  const [, length] = /\r\ncontent-length: (\d+)/.exec(head) ?? []
  const body = length === undefined ? readChunks(rest) : readLength(rest, Number(length))
  return body === undefined ? undefined : { status, body }
}

function readLength(rest: Buffer, length: number): Buffer | undefined {
  return rest.length < length ? undefined : rest.subarray(0, length)
}

function readChunks(rest: Buffer): Buffer | undefined {
  const chunks: Buffer[] = []
  for (let at = 0; ;) {
    const lineEnd = rest.indexOf('\r\n', at)
    if (lineEnd === -1) return undefined
    const size = Number.parseInt(rest.toString('latin1', at, lineEnd), 16)
    const start = lineEnd + 2
    if (rest.length < start + size + 2) return undefined
    if (size === 0) return Buffer.concat(chunks)
    chunks.push(rest.subarray(start, start + size))
    at = start + size + 2
  }
}

/** Each request after its length in four bytes. */
export function packRequests(requests: readonly Buffer[]): Buffer {
  return Buffer.concat(requests.flatMap((request) => [lengthOf(request), request]))
}

export function unpackRequests(packed: Buffer): Buffer[] {
  const requests: Buffer[] = []
  for (let at = 0; at < packed.length;) {
    const start = at + 4
    at = start + packed.readUInt32BE(at)
    requests.push(packed.subarray(start, at))
  }
  return requests
}

function lengthOf(request: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(request.length)
  return length
}
