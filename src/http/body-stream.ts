import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import { tooLarge } from './body.ts'
import { httpErrors } from './errors.ts'

/**
 * The body of a large request as it arrives. Throws `http.body-too-large` where the announced length is over the cap,
 * before anything is read, and as soon as more arrives; `http.body-shape` when the connection ends before the body.
 * Whoever stops reading leaves the connection usable for the answer.
 */
export function streamBody(
  context: Context<{ Bindings: HttpBindings }>,
  maxBytes: number,
): AsyncIterable<Uint8Array> {
  const announced = Number(context.req.header('content-length') ?? 0)
  if (announced > maxBytes) throw tooLarge(maxBytes, announced)
  return arriving(context, maxBytes)
}

async function* arriving(
  context: Context<{ Bindings: HttpBindings }>,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  const chunks = context.env.incoming.iterator({ destroyOnReturn: false })
  try {
    let size = 0
    for (;;) {
      const chunk = await nextOf(chunks)
      if (chunk === undefined) return
      size += chunk.length
      if (size > maxBytes) throw tooLarge(maxBytes)
      yield chunk
    }
  } finally {
    // While it listens, the rest of the body flows for nobody, and the connection is cut in place of used again.
    await chunks.return?.()
  }
}

async function nextOf(chunks: AsyncIterator<Uint8Array>): Promise<Uint8Array | undefined> {
  try {
    const { done, value } = await chunks.next()
    return done === true ? undefined : value
  } catch (cause) {
    throw httpErrors('http.body-shape', 'the connection closed before the end of the body', { cause })
  }
}
