import { describeError, WheelsealError, type Clock, type Http } from '../../base/index.ts'
import { proposedHashedRekord, type HashedRekord, type SealParts } from '../../formats/sigstore/index.ts'
import { certificatePem } from '../../formats/x509/index.ts'
import { createRekorClient } from '../../net/index.ts'
import type { LogEntries } from '../../registry/index.ts'
import { readProposal, type Rekor } from '../../trust/rekor/index.ts'
import type { LogAnswer } from '../../verify/index.ts'
import { serverErrors } from '../errors.ts'

/** Of the server's own log, without a request. `url` is only shown. */
export function ownLogEntries(rekor: Rekor, url: string): LogEntries {
  return {
    find: async (seal, sha256) => {
      const proposal = proposalFor(seal, sha256)
      if (proposal === undefined) return { entries: [] }
      return answered(url, async () => {
        const entry = await rekor.find(readProposal(proposedHashedRekord(proposal)))
        return entry === undefined ? [] : [entry]
      })
    },
  }
}

/** Somebody who puts a side file waits for it. */
const LONGEST_ANSWER_MS = 10_000

/** Of the logs of a configured trust root, one after the other. Each is asked once: what it did not say is asked later. */
export function remoteLogEntries(
  urls: readonly string[],
  { http, clock }: { readonly http: Http; readonly clock: Clock },
): LogEntries {
  return {
    find: async (seal, sha256) => {
      const proposal = proposalFor(seal, sha256)
      if (proposal === undefined) return { entries: [] }
      let answer: LogAnswer = { entries: [] }
      for (const url of urls) {
        const next = await answered(url, () => {
          const client = createRekorClient({ url, http: impatient(http), clock })
          return client.find(proposal)
        })
        if (next.entries.length > 0) return next
        if (answer.refusal === undefined) answer = next
      }
      return answer
    },
  }
}

function impatient(http: Http): Http {
  const signal = AbortSignal.timeout(LONGEST_ANSWER_MS)
  return { request: (request) => http.request({ ...request, signal, timeoutMs: LONGEST_ANSWER_MS }) }
}

/** As it was proposed at signing; undefined for a signature without a certificate. */
function proposalFor({ signature, certificate }: SealParts, digest: Uint8Array): HashedRekord | undefined {
  if (certificate === undefined) return undefined
  return { algorithm: 'sha256', digest, signature, publicKeyPem: certificatePem(certificate) }
}

/** A log that has no such entry says so; one that fails says nothing. */
async function answered(url: string, find: () => Promise<LogAnswer['entries']>): Promise<LogAnswer> {
  try {
    return { entries: await find(), askedLog: url }
  } catch (cause) {
    if (cause instanceof WheelsealError && cause.status < 500 && cause.code.startsWith('rekor.'))
      return { entries: [], askedLog: url }
    const fact = `the log ${url} did not answer: ${describeError(cause)}`
    return { entries: [], askedLog: url, refusal: serverErrors('server.log-answer', fact, { cause }) }
  }
}
