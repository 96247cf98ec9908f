import { request, type IncomingMessage, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'

/** Of one connection (RFC 9110 §7.6.1): not for whoever is behind. */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
]

export interface Upstream {
  readonly host: string
  readonly port: number
  /** What its `Host` field must say. */
  readonly name: string
}

/** One request to the services and their answer back, bodies as streams, the status line as it is. */
export async function forward(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { host, port, name }: Upstream,
): Promise<void> {
  const sent = request({
    host,
    port,
    method: incoming.method,
    path: incoming.url,
    headers: { ...endToEnd(incoming.headersDistinct), host: name },
    agent: false,
  })
  outgoing.once('close', () => sent.destroy())
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    sent.once('response', resolve).once('error', reject)
  })
  // A server may answer before it has read everything: then the answer counts.
  pipeline(incoming, sent).catch(() => undefined)
  const answer = await answered
  outgoing.writeHead(answer.statusCode ?? 502, answer.statusMessage, endToEnd(answer.headersDistinct))
  await pipeline(answer, outgoing)
}

function endToEnd(headers: NodeJS.Dict<string[]>): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, values]) =>
      values === undefined || HOP_BY_HOP.includes(name) ? [] : [[name, values]],
    ),
  )
}
