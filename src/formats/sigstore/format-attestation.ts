import { encodeBase64, type JsonValue } from '../../base/index.ts'
import { formatEntry } from './format-bundle.ts'
import type { Envelope, SealParts } from './seal-parts.ts'

/** What an attestation must have; there is no place for timestamps in it. */
export interface AttestationParts extends SealParts {
  readonly certificate: Uint8Array
  /** Holds an in-toto statement: the format has no other. */
  readonly envelope: Envelope
  readonly digest?: never
  readonly timestamps?: never
}

/**
 * An attestation object of PEP 740, version 1: `parseAttestation` gives back what went in. An entry must have its kind
 * and its proof.
 */
export function formatAttestation({ certificate, envelope, signature, entries }: AttestationParts): {
  readonly [member: string]: JsonValue
} {
  return {
    version: 1,
    verification_material: {
      certificate: encodeBase64(certificate),
      transparency_entries: entries.map(formatEntry),
    },
    envelope: { statement: encodeBase64(envelope.payload), signature: encodeBase64(signature) },
  }
}
