import type { Certificate } from '../../formats/x509/index.ts'

/** Both ends belong to it; an end that is not given is open. */
export interface Validity {
  readonly startSeconds?: number
  readonly endSeconds?: number
}

export interface CertificateAuthority {
  readonly roots: readonly Certificate[]
  readonly intermediates: readonly Certificate[]
  readonly validity?: Validity
}

export interface LogKey {
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Uint8Array
  /** Lower-case hex of the log id; for all logs of version 1 the SHA-256 of the key. */
  readonly idHex: string
  readonly validity?: Validity
  /** What the log may call itself in checkpoints; where that is not known, the key alone decides. */
  readonly names?: readonly string[]
  /** Where it can be asked. Verification never does. */
  readonly url?: string
}

export interface TimestampAuthority {
  /** The authority's own certificate first, the root last, two or more. */
  readonly chain: readonly Certificate[]
  readonly validity?: Validity
}

/** What verification starts from. It never comes from the thing that is verified. */
export interface TrustRoot {
  readonly certificateAuthorities: readonly CertificateAuthority[]
  readonly logs: readonly LogKey[]
  readonly ctLogs: readonly LogKey[]
  readonly timestampAuthorities?: readonly TimestampAuthority[]
}

export function isWithin(validity: Validity | undefined, seconds: number): boolean {
  const { startSeconds = -Infinity, endSeconds = Infinity } = validity ?? {}
  return startSeconds <= seconds && seconds <= endSeconds
}

/** Trusted at all of the times. A log may be listed twice with one key, for two spans of time. */
export function findLog(
  logs: readonly LogKey[],
  idHex: string,
  timesSeconds: readonly number[],
): LogKey | undefined {
  return logs.find(
    (log) => log.idHex === idHex && timesSeconds.every((seconds) => isWithin(log.validity, seconds)),
  )
}
