import type { IncomingMessage } from 'node:http'
import { readCapped, type HttpResponse } from '../base/index.ts'

export type Translate = (error: unknown) => unknown

export function responseOf(message: IncomingMessage, translate: Translate): HttpResponse {
  const body = bodyOf(message, translate)
  const bytes = (maxBytes: number): Promise<Uint8Array> => readCapped(body, maxBytes)
  return {
    status: message.statusCode ?? 0,
    headers: headersOf(message),
    body,
    bytes,
    text: async (maxBytes) => new TextDecoder().decode(await bytes(maxBytes)),
  }
}

function headersOf(message: IncomingMessage): Readonly<Record<string, string>> {
  const pairs = Object.entries(message.headersDistinct).map(
    ([name, values]) => [name, (values ?? []).join(', ')] as const,
  )
  return Object.fromEntries(pairs)
}

/** A reader that stops closes the connection: what is left of an endless body is never waited for. */
async function* bodyOf(message: IncomingMessage, translate: Translate): AsyncGenerator<Uint8Array> {
  try {
    for await (const part of message) yield part as Uint8Array
  } catch (error) {
    throw translate(error)
  } finally {
    message.destroy()
  }
}
