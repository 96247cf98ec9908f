import { createHash } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import { describeError, WheelsealError, type Clock, type Http } from '../../../base/index.ts'
import { readWheelRecord, type WheelRecordEntry } from '../../../formats/python/archive/index.ts'
import { withSource } from '../../../host/index.ts'
import { createDownloader } from '../../../net/index.ts'
import type { GateUrl } from '../../gate-url/index.ts'
import { gateDown } from '../ask-gate.ts'
import type { FileReport } from '../../../gate/index.ts'
import { isThroughGate } from '../through-gate.ts'

const MAX_BYTES = 8 * 2 ** 30

export interface FetchIo {
  readonly http: Http
  readonly clock: Clock
  readonly signal: AbortSignal
  /** For the time of the download; nothing is there yet. */
  readonly place: string
}

export type FetchedRecord =
  | { readonly kind: 'record'; readonly record: readonly WheelRecordEntry[] }
  | { readonly kind: 'failed'; readonly fact: string }

/** RECORD of a wheel as the gate serves it, once its digest is that of the report. Throws `gate.upstream` where it is down. */
export async function fetchRecord(
  gate: GateUrl,
  { fileName, url, sha256 }: FileReport,
  io: FetchIo,
): Promise<FetchedRecord> {
  if (sha256 === null) return failed('the gate has no digest of its wheel')
  if (!isThroughGate(url, gate.url)) return failed('the gate says that its wheel is elsewhere')
  const { place } = io
  try {
    if ((await download(gate, { url, place }, io)) !== sha256)
      return failed('the gate sent other bytes than its report says')
    return { kind: 'record', record: await withSource(place, (source) => readWheelRecord(fileName, source)) }
  } catch (error) {
    const down = gateDown(error)
    if (down !== undefined || !(error instanceof WheelsealError)) throw down ?? error
    return failed(`its wheel cannot be read: ${describeError(error)}`)
  } finally {
    await rm(place, { force: true })
  }
}

function failed(fact: string): FetchedRecord {
  return { kind: 'failed', fact }
}

/** The SHA-256 of what came. */
async function download(
  { url: home, authorization }: GateUrl,
  { url, place }: { readonly url: string; readonly place: string },
  io: FetchIo,
): Promise<string | undefined> {
  const credentials: Record<string, string> =
    authorization === undefined ? {} : { authorization: authorization.reveal() }
  const downloader = createDownloader({ ...io, home, credentials })
  const found = await downloader.open(url, { maxBytes: MAX_BYTES })
  if (found === undefined) return undefined
  const hash = createHash('sha256')
  const file = await open(place, 'wx', 0o600)
  try {
    for await (const part of found.parts) {
      hash.update(part)
      await file.write(part)
    }
  } finally {
    await file.close()
  }
  return hash.digest('hex')
}
