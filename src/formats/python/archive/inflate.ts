import { constants, createInflateRaw, inflateRawSync } from 'node:zlib'
import { pipeline } from 'node:stream'
import { describeError } from '../../../base/index.ts'
import { distributionErrors } from './errors.ts'

/** Up to here one call is quicker than a stream, and short enough to wait for. */
export const SMALL_BYTES = 256 * 1024
const CHUNK_BYTES = 128 * 1024

export interface Inflated {
  readonly chunks: AsyncIterable<Uint8Array>
  /** Of the packed bytes, how many the stream had; known when all chunks were read. */
  readonly usedBytes: () => number
}

/** A raw deflate stream (RFC 1951) to its end, whatever follows it. Reads no further than it is read. Throws `distribution.content`. */
export function inflate(packed: AsyncIterable<Uint8Array>): Inflated {
  const engine = createInflateRaw({ chunkSize: CHUNK_BYTES })
  async function* chunks(): AsyncGenerator<Uint8Array> {
    const feeding = pipeline(packed, engine, () => undefined)
    try {
      for await (const chunk of engine) yield chunk as Uint8Array
    } catch (error) {
      throw notDeflate(error)
    } finally {
      feeding.destroy()
    }
  }
  return { chunks: chunks(), usedBytes: () => engine.bytesWritten }
}

interface WithEngine {
  readonly buffer: Uint8Array
  readonly engine: { readonly bytesWritten: number }
}

/** The same for a small member, which must be no longer than announced. */
export function inflateSmall(
  packed: Uint8Array,
  announcedBytes: number,
): { readonly bytes: Uint8Array; readonly usedBytes: number } {
  try {
    const options = {
      info: true,
      maxOutputLength: Math.max(announcedBytes, 1),
      finishFlush: constants.Z_FINISH,
    }
    const { buffer, engine } = inflateRawSync(packed, options) as unknown as WithEngine
    return { bytes: buffer, usedBytes: engine.bytesWritten }
  } catch (error) {
    throw notDeflate(error)
  }
}

function notDeflate(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error
  if (error.code === 'ERR_BUFFER_TOO_LARGE')
    return distributionErrors('distribution.content', 'a member is larger than announced')
  if (!String(error.code).startsWith('Z_')) return error
  return distributionErrors('distribution.content', `the compressed data is damaged: ${describeError(error)}`)
}
