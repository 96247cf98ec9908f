import * as v from 'valibot'
import {
  canonicalJson,
  concatBytes,
  describeError,
  encodeBase64,
  parseJson,
  sha256Hex,
  utf8,
  type JsonValue,
  type WheelsealError,
} from '../../base/index.ts'
import { sigstoreErrors } from './errors.ts'
import { canonicalKeyPem } from './key-pem.ts'
import type { Envelope } from './seal-parts.ts'
import { base64Bytes, readShape } from './shape.ts'

/** A signed envelope that is proposed as an entry, and the keys that it should verify with (Rekor type dsse 0.0.1). */
export interface DsseProposal {
  /** As it was sent, byte for byte: its hash is logged. */
  readonly envelopeText: string
  readonly payload: Uint8Array
  readonly payloadType: string
  /** Over `dsseSignedBytes`. */
  readonly signatures: readonly Uint8Array[]
  /** Each one certificate or one public key, canonical. */
  readonly publicKeyPems: readonly string[]
}

/** A signature of an envelope and the key by which it holds. */
export interface DsseSignature {
  readonly signature: Uint8Array
  readonly publicKeyPem: string
}

/** A log has a lower cap, over all of a proposal. */
const MAX_ENVELOPE_LENGTH = 32 << 20
const MAX_SIGNATURES = 4
const MAX_KEY_LENGTH = 64 * 1024
const MAX_SIGNATURE_LENGTH = 8 * 1024
const MAX_TYPE_LENGTH = 255
/** Four signatures have a dozen. */
const MAX_ENVELOPE_VALUES = 1000

/** What the log computes. sigstore-python sends these members as null; with a value, stock Rekor refuses them too. */
const FromTheLog = v.optional(v.null())

const Proposed = v.strictObject({
  apiVersion: v.literal('0.0.1'),
  kind: v.literal('dsse'),
  spec: v.strictObject({
    proposedContent: v.strictObject({
      envelope: v.pipe(v.string(), v.maxLength(MAX_ENVELOPE_LENGTH)),
      verifiers: v.pipe(v.array(base64Bytes(MAX_KEY_LENGTH)), v.minLength(1), v.maxLength(MAX_SIGNATURES)),
    }),
    envelopeHash: FromTheLog,
    payloadHash: FromTheLog,
    signatures: FromTheLog,
  }),
})

/** github.com/secure-systems-lab/dsse, envelope.md. `keyid` is a hint that nobody needs here. */
const SignedEnvelope = v.strictObject({
  payload: base64Bytes(MAX_ENVELOPE_LENGTH),
  payloadType: v.pipe(v.string(), v.nonEmpty(), v.maxLength(MAX_TYPE_LENGTH)),
  signatures: v.pipe(
    v.array(v.strictObject({ sig: base64Bytes(MAX_SIGNATURE_LENGTH), keyid: v.nullish(v.string()) })),
    v.minLength(1),
    v.maxLength(MAX_SIGNATURES),
  ),
})

/** A proposed entry as clients send it. Throws `sigstore.proposed-entry`. */
export function parseDsseProposal(json: JsonValue): DsseProposal {
  const read = readShape(Proposed, json)
  if ('problem' in read) throw refused(read.problem)
  const { envelope: envelopeText, verifiers } = read.value.spec.proposedContent
  const envelope = readShape(SignedEnvelope, readJson(envelopeText))
  if ('problem' in envelope) throw refused(`the envelope: ${envelope.problem}`)
  const { payload, payloadType, signatures } = envelope.value
  return {
    envelopeText,
    payload,
    payloadType,
    signatures: signatures.map(({ sig }) => sig),
    publicKeyPems: verifiers.map((pem) => canonicalKeyPem(pem, 'spec.proposedContent.verifiers')),
  }
}

/** An envelope with one signature, as a log is asked to take it; `publicKeyPem` is canonical. */
export function sealedEnvelope(
  { payload, payloadType }: Envelope,
  { signature, publicKeyPem: pem }: DsseSignature,
): DsseProposal {
  const signatures = [{ sig: encodeBase64(signature), keyid: '' }]
  const envelopeText = JSON.stringify({ payload: encodeBase64(payload), payloadType, signatures })
  return { envelopeText, payload, payloadType, signatures: [signature], publicKeyPems: [pem] }
}

/** The JSON that a client sends for the entry. */
export function proposedDsse({ envelopeText: envelope, publicKeyPems }: DsseProposal): JsonValue {
  const verifiers = publicKeyPems.map((pem) => encodeBase64(utf8(pem)))
  return { apiVersion: '0.0.1', kind: 'dsse', spec: { proposedContent: { envelope, verifiers } } }
}

/** PAE of the DSSE protocol: type and payload, each with its length. */
export function dsseSignedBytes({
  payloadType,
  payload,
}: Pick<DsseProposal, 'payload' | 'payloadType'>): Uint8Array {
  const type = utf8(payloadType)
  return concatBytes(utf8(`DSSEv1 ${type.length} `), type, utf8(` ${payload.length} `), payload)
}

/** The bytes that are logged: RFC 8785, signatures in the order of their base64. */
export function dsseBody(
  { envelopeText, payload }: DsseProposal,
  signatures: readonly DsseSignature[],
): Uint8Array {
  const rows = signatures.map(({ signature, publicKeyPem }) => ({
    signature: encodeBase64(signature),
    verifier: encodeBase64(utf8(publicKeyPem)),
  }))
  const spec = {
    envelopeHash: { algorithm: 'sha256', value: sha256Hex(utf8(envelopeText)) },
    payloadHash: { algorithm: 'sha256', value: sha256Hex(payload) },
    signatures: rows.toSorted((a, b) => (a.signature < b.signature ? -1 : 1)),
  }
  return utf8(canonicalJson({ apiVersion: '0.0.1', kind: 'dsse', spec }))
}

function readJson(text: string): JsonValue {
  try {
    return parseJson(text, { maxLength: MAX_ENVELOPE_LENGTH, maxValues: MAX_ENVELOPE_VALUES })
  } catch (cause) {
    throw refused(`the envelope: ${describeError(cause)}`, cause)
  }
}

function refused(what: string, cause?: unknown): WheelsealError {
  return sigstoreErrors('sigstore.proposed-entry', what, { cause })
}
