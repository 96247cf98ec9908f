import * as v from 'valibot'
import type { JsonValue, WheelsealError } from '../../base/index.ts'
import { BundleEntry } from './bundle-entries.ts'
import { CertificateBytes, PayloadBytes, SignatureBytes } from './bundle.ts'
import { IN_TOTO } from './statement.ts'
import { sigstoreErrors } from './errors.ts'
import type { SealParts } from './seal-parts.ts'
import { readShape } from './shape.ts'

const MAX_BUNDLES = 16
const MAX_ATTESTATIONS = 16
/** Attestations of one object; each costs a verification. */
const MAX_SEALS = 32

const Attestation = v.strictObject({
  version: v.literal(1),
  verification_material: v.strictObject({
    certificate: CertificateBytes,
    // The format allows several; everybody writes and reads the first.
    transparency_entries: v.strictTuple([BundleEntry]),
  }),
  envelope: v.strictObject({ statement: PayloadBytes, signature: SignatureBytes }),
})

const Provenance = v.strictObject({
  version: v.literal(1),
  attestation_bundles: v.pipe(
    v.array(
      v.strictObject({
        publisher: v.record(v.string(), v.unknown()),
        attestations: v.pipe(v.array(v.unknown()), v.minLength(1), v.maxLength(MAX_ATTESTATIONS)),
      }),
    ),
    v.minLength(1),
    v.maxLength(MAX_BUNDLES),
  ),
})

/** An attestation object of PEP 740: an in-toto statement, its certificate and one log entry. Throws `sigstore.attestation`. */
export function parseAttestation(json: JsonValue): SealParts {
  const read = readShape(Attestation, json)
  if ('problem' in read) throw refused(read.problem)
  const { verification_material: material, envelope } = read.value
  const entries = material.transparency_entries
  if (entries[0].inclusionProof === undefined) throw refused('a log entry has no inclusion proof')
  return {
    format: 'pep 740 attestation',
    signature: envelope.signature,
    certificate: material.certificate,
    envelope: { payload: envelope.statement, payloadType: IN_TOTO },
    entries,
    timestamps: [],
  }
}

/**
 * A provenance object of PEP 740: all attestations of a file, at least one. What it says of its publishers is an
 * index's word and is passed over. Throws `sigstore.attestation`.
 */
export function parseProvenance(json: JsonValue): readonly SealParts[] {
  const read = readShape(Provenance, json)
  if ('problem' in read) throw refused(read.problem)
  const attestations = read.value.attestation_bundles.flatMap((bundle) => bundle.attestations)
  if (attestations.length > MAX_SEALS) throw refused(`${attestations.length} attestations`)
  return attestations.map((one) => parseAttestation(one as JsonValue))
}

function refused(what: string): WheelsealError {
  return sigstoreErrors('sigstore.attestation', `not an attestation: ${what}`)
}
