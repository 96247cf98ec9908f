/** For tests only: bundles and attestations in their JSON, as they should be, to be broken in one place each. */
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { expect } from 'vitest'
import {
  canonicalJson,
  concatBytes,
  decodeHex,
  encodeBase64,
  encodeHex,
  sha256,
  utf8,
} from '../../base/index.ts'
import { leafHash, nodeHash } from '../../formats/merkle/index.ts'
import { formatCheckpoint, noteKeyId } from '../../formats/note/index.ts'
import {
  dsseBody,
  dsseSignedBytes,
  IN_TOTO,
  PUBLISH_V1,
  type LogEntry,
} from '../../formats/sigstore/index.ts'
import { buildTimestampResponse, messageImprint } from '../../formats/timestamp/index.ts'
import {
  buildTimestampLeaf,
  certificatePem,
  parseCertificate,
  type Certificate,
} from '../../formats/x509/index.ts'
import {
  entry,
  keys,
  leaf,
  makeEntry,
  newKey,
  NOW,
  policy,
  root,
  signature,
  trustRoot,
  type TestKey,
} from '../arrange.ts'
import { artifactOf, verifyBundle, type BundleRequest, type CheckName, type TrustRoot } from '../index.ts'

/** JSON that a test may write into. */
export type Json = any // oxlint-disable-line typescript/no-explicit-any -- broken on purpose, in every place

export const FILE_NAME = 'demo-1.0-py3-none-any.whl'
export const bytes = utf8('the bytes of a wheel')
export const LOG_2 = 'log2030.rekor.example'
const YEAR = 31_557_600
const { privateKey: log2Key, publicKey: log2Public } = generateKeyPairSync('ed25519')
export const log2Spki = new Uint8Array(log2Public.export({ type: 'spki', format: 'der' }))
const tsaKey = newKey()

export function makeTsaLeaf(key: TestKey = tsaKey): Certificate {
  return parseCertificate(
    buildTimestampLeaf({
      name: { organization: 'example.test', commonName: 'tsa' },
      spki: key.spki,
      issuer: root,
      issuerKey: keys.root.key,
      serial: new Uint8Array(20).fill(0x51),
      notBeforeSeconds: NOW - YEAR,
      notAfterSeconds: NOW + YEAR,
    }),
  )
}
export const tsaLeaf = makeTsaLeaf()

/** Of the trust root's authority, over the bytes of the signature. */
export function makeTimestamp(
  over: Uint8Array,
  { timeSeconds = NOW + 7, key = tsaKey.key, signer = tsaLeaf } = {},
): Uint8Array {
  const imprint = messageImprint('sha256', sha256(over))
  const serial = new Uint8Array(8).fill(0x11)
  const info = { policy: '1.3.6.1.4.1.57264.2', imprint, serial, timeSeconds, nonce: undefined }
  return buildTimestampResponse({ info, signer, key, certificates: [] })
}

export const wholeRoot: TrustRoot = {
  ...trustRoot,
  logs: [...trustRoot.logs, { spki: log2Spki, idHex: encodeHex(noteKeyId(LOG_2, log2Spki)), names: [LOG_2] }],
  timestampAuthorities: [{ chain: [tsaLeaf, root] }],
}

const b64 = encodeBase64
const fromHex = (hex: string): string => b64(decodeHex(hex))

/** `TransparencyLogEntry` of an entry of the first log. */
export function tlogEntry(made: LogEntry, kind = 'hashedrekord'): Json {
  const { checkpoint, hashes, logIndex, rootHash, treeSize } = made.inclusionProof
  return {
    logIndex: String(made.logIndex),
    logId: { keyId: fromHex(made.logId) },
    kindVersion: { kind, version: '0.0.1' },
    integratedTime: String(made.integratedTimeSeconds),
    inclusionPromise: { signedEntryTimestamp: b64(made.signedEntryTimestamp) },
    inclusionProof: {
      logIndex: String(logIndex),
      rootHash: b64(rootHash),
      treeSize: String(treeSize),
      hashes: hashes.map(b64),
      checkpoint: { envelope: checkpoint },
    },
    canonicalizedBody: b64(made.body),
  }
}

/** A checkpoint as Rekor v2 writes it. */
export function checkpoint2(
  rootHash: Uint8Array,
  changes: { key?: KeyObject; name?: string; origin?: string } = {},
): string {
  const { key = log2Key, name = LOG_2, origin = name } = changes
  const text = formatCheckpoint({ origin, size: 2, root: rootHash })
  const hint = noteKeyId(name, log2Spki).subarray(0, 4)
  const bytesOfNote = concatBytes(hint, new Uint8Array(sign(null, utf8(text), key)))
  return `${text}\n— ${name} ${b64(bytesOfNote)}\n`
}

/** An entry of Rekor v2: no promise and no time. */
export function tlogEntry2(spec: Json, kind: string): Json {
  const body = utf8(canonicalJson({ apiVersion: '0.0.2', kind, spec }))
  const first = leafHash(utf8('first'))
  const rootHash = nodeHash(first, leafHash(body))
  return {
    logIndex: '1',
    logId: { keyId: b64(noteKeyId(LOG_2, log2Spki)) },
    kindVersion: { kind, version: '0.0.2' },
    inclusionProof: {
      logIndex: '1',
      rootHash: b64(rootHash),
      treeSize: '2',
      hashes: [b64(first)],
      checkpoint: { envelope: checkpoint2(rootHash) },
    },
    canonicalizedBody: b64(body),
  }
}

export const signature2 = (content: Uint8Array, certificate = leaf): Json => ({
  content: b64(content),
  verifier: {
    keyDetails: 'PKIX_ECDSA_P256_SHA_256',
    x509Certificate: { rawBytes: b64(certificate.der) },
  },
})

/** A bundle whose certificate is another one, logged as it should be. */
export function withCertificate(certificate: Certificate): Json {
  const bundle = fileBundle()
  bundle.verificationMaterial.certificate.rawBytes = b64(certificate.der)
  bundle.verificationMaterial.tlogEntries = [tlogEntry(makeEntry({ certificate }))]
  return bundle
}

const V03 = 'application/vnd.dev.sigstore.bundle.v0.3+json'
const digest = { algorithm: 'SHA2_256', digest: b64(sha256(bytes)) }

/** Version 0.3, over a file, from Rekor v1. */
export function fileBundle(): Json {
  return {
    mediaType: V03,
    verificationMaterial: {
      certificate: { rawBytes: b64(leaf.der) },
      tlogEntries: [tlogEntry(entry)],
      timestampVerificationData: { rfc3161Timestamps: [] },
    },
    messageSignature: { messageDigest: { ...digest }, signature: b64(signature) },
  }
}

/** Version 0.3, over a file, from Rekor v2 with a timestamp. */
export function fileBundle2(): Json {
  const bundle = fileBundle()
  const spec = { hashedRekordV002: { data: digest, signature: signature2(signature) } }
  bundle.verificationMaterial.tlogEntries = [tlogEntry2(spec, 'hashedrekord')]
  bundle.verificationMaterial.timestampVerificationData.rfc3161Timestamps = [
    { signedTimestamp: b64(makeTimestamp(signature)) },
  ]
  return bundle
}

export function statement(changes: Json = {}): Json {
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: FILE_NAME, digest: { sha256: encodeHex(sha256(bytes)) } }],
    predicateType: PUBLISH_V1,
    predicate: null,
    ...changes,
  }
}

interface SignedEnvelope {
  readonly payload: Uint8Array
  readonly signature: Uint8Array
  readonly made: LogEntry
}

/** Signed and logged as dsse 0.0.1, whatever the statement says. */
export function signEnvelope(content: Json, payloadType = IN_TOTO): SignedEnvelope {
  const payload = utf8(typeof content === 'string' ? content : JSON.stringify(content))
  const envelopeSignature = new Uint8Array(
    sign('sha256', dsseSignedBytes({ payload, payloadType }), keys.leaf.key),
  )
  const publicKeyPem = certificatePem(leaf.der)
  const envelopeText = JSON.stringify({ payloadType, payload: b64(payload) })
  const body = dsseBody(
    { envelopeText, payload, payloadType, signatures: [envelopeSignature], publicKeyPems: [publicKeyPem] },
    [{ signature: envelopeSignature, publicKeyPem }],
  )
  return { payload, signature: envelopeSignature, made: makeEntry({ body }) }
}

/** The same envelope in another spelling, which makes another entry. */
export function loggedAgain(payload: Uint8Array, of: Uint8Array): Uint8Array {
  const publicKeyPem = certificatePem(leaf.der)
  const envelopeText = JSON.stringify({ payload: encodeBase64(payload), payloadType: IN_TOTO })
  return dsseBody(
    { envelopeText, payload, payloadType: IN_TOTO, signatures: [of], publicKeyPems: [publicKeyPem] },
    [{ signature: of, publicKeyPem }],
  )
}

/** Version 0.3, over an envelope. */
export function envelopeBundle(content: Json = statement(), payloadType = IN_TOTO): Json {
  const signed = signEnvelope(content, payloadType)
  const bundle = fileBundle()
  delete bundle.messageSignature
  bundle.verificationMaterial.tlogEntries = [tlogEntry(signed.made, 'dsse')]
  bundle.dsseEnvelope = {
    payload: b64(signed.payload),
    payloadType,
    signatures: [{ sig: b64(signed.signature), keyid: '' }],
  }
  return bundle
}

/** An attestation of PEP 740. */
export function attestation(content: Json = statement()): Json {
  const signed = signEnvelope(content)
  return {
    version: 1,
    verification_material: {
      certificate: b64(leaf.der),
      transparency_entries: [tlogEntry(signed.made, 'dsse')],
    },
    envelope: { statement: b64(signed.payload), signature: b64(signed.signature) },
  }
}

export function provenance(...attestations: readonly Json[]): Json {
  const publisher = { kind: 'GitLab', repository: 'evil/app', workflow_filepath: '.gitlab-ci.yml' }
  return { version: 1, attestation_bundles: [{ publisher, attestations }] }
}

/** What `cosign sign-blob --bundle` wrote. */
export function cosignBundle(): Json {
  return {
    base64Signature: b64(signature),
    cert: b64(utf8(certificatePem(leaf.der))),
    rekorBundle: {
      SignedEntryTimestamp: b64(entry.signedEntryTimestamp),
      Payload: {
        body: b64(entry.body),
        integratedTime: entry.integratedTimeSeconds,
        logIndex: entry.logIndex,
        logID: entry.logId,
      },
    },
  }
}

export function requestOf(bundle: Json, changes: Partial<BundleRequest> = {}): BundleRequest {
  const text = typeof bundle === 'string' ? bundle : JSON.stringify(bundle)
  return { bundle: text, artifact: artifactOf(bytes, FILE_NAME), trustRoot: wholeRoot, policy, ...changes }
}

export function verifies(bundle: Json, changes: Partial<BundleRequest> = {}): void {
  const verdict = verifyBundle(requestOf(bundle, changes))
  expect(verdict.checks.filter(({ outcome }) => outcome === 'failed')).toEqual([])
  expect(verdict.verified).toBe(true)
}

/** Refused, and the first of the reasons is this one. */
export function refuses(bundle: Json, name: CheckName, changes: Partial<BundleRequest> = {}): void {
  expect(verifyBundle(requestOf(bundle, changes))).toMatchObject({
    verified: false,
    reason: `verify.${name}`,
  })
}

/** Refused for this reason alone. */
export function refusesOnly(bundle: Json, name: CheckName, changes: Partial<BundleRequest> = {}): void {
  refuses(bundle, name, changes)
  const { checks } = verifyBundle(requestOf(bundle, changes))
  expect(checks.filter(({ outcome }) => outcome === 'failed').map((one) => one.name)).toEqual([name])
}
