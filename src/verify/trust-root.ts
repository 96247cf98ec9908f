import type { Certificate } from '../formats/x509/index.ts'

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
  /** The name that stands in checkpoints; where it is not known, the key alone decides. */
  readonly name?: string
}

/** What verification starts from. It never comes from the thing that is verified. */
export interface TrustRoot {
  readonly certificateAuthorities: readonly CertificateAuthority[]
  readonly logs: readonly LogKey[]
  readonly ctLogs: readonly LogKey[]
}

export function isWithin(validity: Validity | undefined, seconds: number): boolean {
  const { startSeconds = -Infinity, endSeconds = Infinity } = validity ?? {}
  return startSeconds <= seconds && seconds <= endSeconds
}

/** A log may be listed twice with one key, for two spans of time. */
export function findLog(logs: readonly LogKey[], idHex: string, atSeconds: number): LogKey | undefined {
  return logs.find((log) => log.idHex === idHex && isWithin(log.validity, atSeconds))
}
