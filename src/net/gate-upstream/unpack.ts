import { GrowingBytes, utf8Decode, WheelsealError } from '../../base/index.ts'
import { netErrors } from '../errors.ts'
import { capped, type Answered } from './ask.ts'
import type { GateUpstreamLimits } from './limits.ts'
import { shownUrl } from './place.ts'

/** The text of a page that was asked for as it is or as gzip. Throws `net.reply`, what the exchange throws. */
export async function pageText(answer: Answered, limits: GateUpstreamLimits): Promise<string> {
  const encoding = (answer.response.headers['content-encoding'] ?? 'identity').toLowerCase()
  if (encoding === 'identity') return decoded(answer.url, await capped(answer, limits.pageBytes))
  if (encoding === 'gzip' || encoding === 'x-gzip') return decoded(answer.url, await unpacked(answer, limits))
  throw netErrors('net.reply', `${shownUrl(answer.url)} answered in an encoding that was not asked for`)
}

/** A bomb is left as soon as it shows: no more is unpacked than what waits in the streams. */
async function unpacked({ response, url }: Answered, limits: GateUpstreamLimits): Promise<Uint8Array> {
  const { createGunzip } = process.getBuiltinModule('node:zlib')
  const { pipeline } = process.getBuiltinModule('node:stream/promises')
  const whole = new GrowingBytes()
  let received = 0
  const source = async function* (): AsyncGenerator<Uint8Array> {
    for await (const part of response.body) {
      received += part.length
      yield part
    }
  }
  try {
    await pipeline(source, createGunzip(), async (parts: AsyncIterable<Uint8Array>) => {
      for await (const part of parts) {
        const problem = tooMuch(whole.length + part.length, received, limits)
        if (problem !== undefined) throw netErrors('net.reply', `${shownUrl(url)} ${problem}`)
        whole.add(part)
      }
    })
  } catch (cause) {
    if (cause instanceof WheelsealError) throw cause
    throw netErrors('net.reply', `${shownUrl(url)} answered with broken gzip`, { cause })
  }
  return whole.bytes()
}

function tooMuch(
  unpackedBytes: number,
  received: number,
  { pageBytes, ratio, ratioFromBytes }: GateUpstreamLimits,
): string | undefined {
  if (unpackedBytes > pageBytes) return `has more than ${pageBytes} bytes`
  if (unpackedBytes > ratioFromBytes && unpackedBytes > ratio * received)
    return `is packed more than ${ratio} times`
  return undefined
}

function decoded(url: URL, bytes: Uint8Array): string {
  try {
    return utf8Decode(bytes)
  } catch (cause) {
    throw netErrors('net.reply', `${shownUrl(url)} is not UTF-8`, { cause })
  }
}
