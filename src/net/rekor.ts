import { describeError, parseJson, WheelsealError, type Http } from '../base/index.ts'
import {
  parseLogEntries,
  parseLogEntry,
  proposedDsse,
  proposedHashedRekord,
  type DsseProposal,
  type HashedRekord,
  type LogEntry,
} from '../formats/sigstore/index.ts'
import type { EntryLog } from '../sign/index.ts'
import { netErrors } from './errors.ts'
import type { ServiceOptions } from './fulcio.ts'
import { withRetries } from './retry.ts'
import { callService, type ServiceReply } from './service.ts'

const ENTRIES = '/api/v1/log/entries'
const MAX_ENTRIES_BYTES = 4 << 20
const UUID = /^(?:[0-9a-f]{16})?[0-9a-f]{64}$/

/** Rekor v1, with the requests of cosign 2.2.3 (sigstore-wire 1.4, 2). Nothing that it answers is verified here. Throws `net.…`. */
export function createRekorClient({ url, http, clock }: ServiceOptions): EntryLog {
  const patient = withRetries(http, clock)
  return {
    append: (proposed) => append(patient, url, proposed),
    find: (proposed) => find(patient, url, proposed),
  }
}

async function append(http: Http, baseUrl: string, proposed: DsseProposal | HashedRekord): Promise<LogEntry> {
  const reply = await callService(http, {
    method: 'POST',
    baseUrl,
    path: ENTRIES,
    headers: { accept: 'application/json' },
    json: 'envelopeText' in proposed ? proposedDsse(proposed) : proposedHashedRekord(proposed),
    accepts: [201, 409],
    maxBytes: MAX_ENTRIES_BYTES,
  })
  if (reply.status === 409) return existing(http, baseUrl, reply)
  return reading(baseUrl, () => parseLogEntry(parseJson(reply.text, { maxLength: MAX_ENTRIES_BYTES })))
}

/** Only the UUID of the `Location` is taken: the log is asked where it was configured, whatever host stands there. */
async function existing(http: Http, baseUrl: string, reply: ServiceReply): Promise<LogEntry> {
  const uuid = reply.headers['location']?.split('/').at(-1) ?? ''
  if (!UUID.test(uuid))
    throw netErrors('net.reply', `${baseUrl} has the entry already but does not say which it is`)
  const { text } = await callService(http, {
    method: 'GET',
    baseUrl,
    path: `${ENTRIES}/${uuid}`,
    headers: { accept: 'application/json' },
    accepts: [200],
    maxBytes: MAX_ENTRIES_BYTES,
  })
  return reading(baseUrl, () => parseLogEntry(parseJson(text, { maxLength: MAX_ENTRIES_BYTES })))
}

async function find(http: Http, baseUrl: string, proposed: HashedRekord): Promise<readonly LogEntry[]> {
  const { text } = await callService(http, {
    method: 'POST',
    baseUrl,
    path: `${ENTRIES}/retrieve`,
    headers: { accept: 'application/json' },
    json: { entries: [proposedHashedRekord(proposed)] },
    accepts: [200],
    maxBytes: MAX_ENTRIES_BYTES,
  })
  return reading(baseUrl, () => parseLogEntries(parseJson(text, { maxLength: MAX_ENTRIES_BYTES })))
}

function reading<T>(baseUrl: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (!(cause instanceof WheelsealError)) throw cause
    throw netErrors('net.reply', `${baseUrl} did not answer with a log entry: ${describeError(cause)}`, {
      cause,
    })
  }
}
