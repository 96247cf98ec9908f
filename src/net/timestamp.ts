import { bytesEqual, describeError, sha256, type Entropy } from '../base/index.ts'
import {
  buildTimestampRequest,
  parseTimestampResponse,
  type TimestampResponse,
} from '../formats/timestamp/index.ts'
import type { TimestampSource } from '../sign/index.ts'
import { netErrors } from './errors.ts'
import type { ServiceOptions } from './fulcio.ts'
import { withRetries } from './retry.ts'
import { callForBytes } from './service.ts'

const MAX_RESPONSE_BYTES = 64 << 10
const NONCE_BYTES = 8

interface TimestampOptions extends ServiceOptions {
  readonly entropy: Entropy
}

/**
 * A timestamp authority over HTTP (RFC 3161 §3.4); `url` is the whole address. That the answer is to this question is
 * checked, not who signed it. Throws `net.…`.
 */
export function createTimestampClient({ url, http, clock, entropy }: TimestampOptions): TimestampSource {
  const patient = withRetries(http, clock)
  return {
    stamp: async (message) => {
      const [digest, nonce] = [sha256(message), entropy.bytes(NONCE_BYTES)]
      const headers = { 'content-type': 'application/timestamp-query', accept: 'application/timestamp-reply' }
      const body = buildTimestampRequest('sha256', digest, nonce)
      const der = await callForBytes(patient, { method: 'POST', url, headers, body }, MAX_RESPONSE_BYTES)
      checkAnswer(read(der, url), { url, digest, nonce })
      return der
    },
  }
}

function read(der: Uint8Array, url: string): TimestampResponse {
  try {
    return parseTimestampResponse(der)
  } catch (cause) {
    throw netErrors('net.reply', `${url} did not answer with a timestamp: ${describeError(cause)}`, { cause })
  }
}

interface Asked {
  readonly url: string
  readonly digest: Uint8Array
  readonly nonce: Uint8Array
}

function checkAnswer(response: TimestampResponse, { url, digest, nonce }: Asked): void {
  if (!response.isGranted)
    throw netErrors('net.refused', `${url} granted no timestamp: status ${response.status}`)
  const { info } = response.token
  const isOurs = info.nonce !== undefined && bytesEqual(withoutZeros(info.nonce), withoutZeros(nonce))
  if (!isOurs || !bytesEqual(info.imprint.digest, digest))
    throw netErrors('net.reply', `${url} answered with a timestamp for a different request`)
}

/** A nonce travels as a number. */
function withoutZeros(number: Uint8Array): Uint8Array {
  return number.subarray(number.findIndex((octet) => octet !== 0))
}
