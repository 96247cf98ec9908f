export interface Extension {
  /** Dotted decimal. */
  readonly oid: string
  readonly isCritical: boolean
  /** The content of `extnValue`. */
  readonly value: Uint8Array
}

/** Times are seconds since the Unix epoch; byte arrays are views into `der`. */
export interface Certificate {
  readonly der: Uint8Array
  /** What the issuer signed. */
  readonly tbs: Uint8Array
  /** Big-endian magnitude without leading zeros. */
  readonly serial: Uint8Array
  readonly issuerDer: Uint8Array
  readonly subjectDer: Uint8Array
  readonly isSelfIssued: boolean
  readonly notBeforeSeconds: number
  readonly notAfterSeconds: number
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Uint8Array
  readonly extensions: readonly Extension[]
  readonly signatureAlgorithmOid: string
  readonly signature: Uint8Array
}
