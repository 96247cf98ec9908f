import { canonicalJson, utf8 } from '../../base/index.ts'

/** What a signed entry timestamp (SET) promises. `logIndex` is the one over all shards. */
export interface EntryPromise {
  /** Base64 of the logged bytes. */
  readonly body: string
  /** Seconds since the epoch. */
  readonly integratedTime: number
  /** Lower-case hex of SHA-256 over the log's SPKI. */
  readonly logId: string
  readonly logIndex: number
}

/** The bytes under the SET: RFC 8785 over the four fields, with Rekor's spelling of their names. */
export function setSignedBytes({ body, integratedTime, logId, logIndex }: EntryPromise): Uint8Array {
  return utf8(canonicalJson({ body, integratedTime, logID: logId, logIndex }))
}
