import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

const STATUS_OF: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  HPE_HEADER_OVERFLOW: 431,
}

const SENTENCES: Readonly<Record<number, string>> = {
  400: 'the request is not HTTP/1.1',
  408: 'the request did not arrive in time',
  413: 'the chunk extensions are larger than the body',
  417: 'the only supported expectation is 100-continue',
  431: 'there are more than 100 headers, or more than 16 KiB of them',
}

/** `{"message":"408 Request Timeout - …"}`, for what is refused before a route sees it. */
export function refusalBody(status: number, sentence = SENTENCES[status] ?? ''): string {
  return JSON.stringify({ message: `${status} ${STATUS_CODES[status] ?? 'Error'} - ${sentence}` })
}

/** Its body is not read, so nothing can follow it. */
export function refuse(outgoing: ServerResponse, status: number, sentence?: string): void {
  outgoing.shouldKeepAlive = false
  const body = refusalBody(status, sentence)
  const headers = { 'Content-Type': 'application/json', 'Content-Length': body.length }
  outgoing.writeHead(status, headers).end(body)
}

/** Reasons for what Node refuses by itself, and answers without a word otherwise. */
export function answerBare(server: Server, currentOf: (socket: Socket) => ServerResponse | undefined): void {
  server.on('checkExpectation', (_incoming: IncomingMessage, outgoing: ServerResponse) => {
    refuse(outgoing, 417)
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const current = currentOf(socket)
    // Bytes in the midst of an answer, or before one that belongs to an earlier request, would be taken for its own.
    const isSafe = current === undefined || (!current.headersSent && !current.req.complete)
    // Without a session nothing could be said, and whoever says it waits for one without end.
    const isBegun = error.code !== 'ERR_TLS_HANDSHAKE_TIMEOUT'
    if (socket.writable && isSafe && isBegun) socket.write(bareAnswer(STATUS_OF[error.code ?? ''] ?? 400))
    // What was written goes out first.
    if (isSafe) socket.destroySoon()
    else socket.destroy()
  })
}

function bareAnswer(status: number): string {
  const body = refusalBody(status)
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n')
}
