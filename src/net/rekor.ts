import { describeError, parseJson, WheelsealError, type Http, type JsonValue } from '../base/index.ts'
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
import { againWhenCut, withRetries } from './retry.ts'
import { callService, type ServiceReply } from './service.ts'

const ENTRIES = '/api/v1/log/entries'
const MAX_ENTRIES_BYTES = 4 << 20
const UUID = /^(?:[0-9a-f]{16})?[0-9a-f]{64}$/

/**
 * Rekor v1, with the requests of cosign 2.2.3 (sigstore-wire 1.4, 2). A log keeps one entry of what it is sent twice, so
 * a request whose answer was lost is sent again and ends with that entry. Nothing that it answers is verified here.
 * Throws `net.…`.
 */
export function createRekorClient({ url, http, clock }: ServiceOptions): EntryLog {
  const patient = withRetries(http, clock)
  return {
    append: (proposed) => againWhenCut(clock, () => append(patient, url, proposed)),
    find: (proposed) => againWhenCut(clock, () => find(patient, url, proposed)),
  }
}

type Proposed = DsseProposal | HashedRekord

function proposedEntry(proposed: Proposed): JsonValue {
  return 'envelopeText' in proposed ? proposedDsse(proposed) : proposedHashedRekord(proposed)
}

async function append(http: Http, baseUrl: string, proposed: Proposed): Promise<LogEntry> {
  const reply = await callService(http, {
    method: 'POST',
    baseUrl,
    path: ENTRIES,
    headers: { accept: 'application/json' },
    json: proposedEntry(proposed),
    accepts: [201, 409],
    maxBytes: MAX_ENTRIES_BYTES,
  })
  if (reply.status === 409) return existing(http, baseUrl, { reply, proposed })
  return reading(baseUrl, () => parseLogEntry(parseJson(reply.text, { maxLength: MAX_ENTRIES_BYTES })))
}

/** Only the UUID of the `Location` is taken: the log is asked where it was configured, whatever host stands there. */
async function existing(
  http: Http,
  baseUrl: string,
  { reply, proposed }: { readonly reply: ServiceReply; readonly proposed: Proposed },
): Promise<LogEntry> {
  const { location } = reply.headers
  if (location === undefined) return retrieved(http, baseUrl, proposed)
  const uuid = location.split('/').at(-1) ?? ''
  if (!UUID.test(uuid)) throw ambiguous(baseUrl)
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

/** For logs behind a proxy that takes the `Location` away. */
async function retrieved(http: Http, baseUrl: string, proposed: Proposed): Promise<LogEntry> {
  const [entry] = await find(http, baseUrl, proposed)
  if (entry !== undefined) return entry
  throw ambiguous(baseUrl)
}

function ambiguous(baseUrl: string): Error {
  return netErrors(
    'net.reply',
    `${baseUrl} already has the log entry, but does not say which one (no Location header)`,
  )
}

async function find(http: Http, baseUrl: string, proposed: Proposed): Promise<readonly LogEntry[]> {
  const { text } = await callService(http, {
    method: 'POST',
    baseUrl,
    path: `${ENTRIES}/retrieve`,
    headers: { accept: 'application/json' },
    json: { entries: [proposedEntry(proposed)] },
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
