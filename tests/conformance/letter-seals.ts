/** Makes seals at the edge of what cosign 3.1.2 takes, each signed and logged as it says. */
import { ed25519ph } from '@noble/curves/ed25519.js'
import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import {
  canonicalJson,
  concatBytes,
  decodeBase64,
  encodeBase64,
  sha256,
  sha256Hex,
  utf8,
} from '../../src/base/index.ts'
import { derImplicit, derOid, derSequence } from '../../src/formats/der/index.ts'
import { noteKeyId } from '../../src/formats/note/index.ts'
import {
  dsseSignedBytes,
  hashedRekordBody,
  IN_TOTO,
  type DigestAlgorithm,
} from '../../src/formats/sigstore/index.ts'
import { certificatePem, OID, type Certificate } from '../../src/formats/x509/index.ts'
import {
  craftLeaf,
  extension,
  intermediate,
  keys,
  leaf,
  makeEntry,
  makeLeaf,
  newKey,
  root,
  SAN,
} from '../../src/verify/arrange.ts'
import {
  bytes,
  envelopeBundle,
  fileBundle,
  fileBundle2,
  LOG_2,
  log2Spki,
  makeTimestamp,
  statement,
  tlogEntry,
  tlogEntry2,
  tsaLeaf,
  withCertificate,
  type Json,
} from '../../src/verify/attacks/arrange.ts'

const b64 = encodeBase64
const validFor = { start: '2020-01-01T00:00:00Z' }
const log = (baseUrl: string, spki: Uint8Array, keyId = sha256(spki)): Json => ({
  baseUrl,
  hashAlgorithm: 'SHA2_256',
  publicKey: { rawBytes: b64(spki), keyDetails: 'PKIX_ECDSA_P256_SHA_256', validFor: { ...validFor } },
  logId: { keyId: b64(keyId) },
})
const authority = (uri: string, chain: readonly Certificate[]): Json => ({
  subject: {},
  uri,
  certChain: { certificates: chain.map(({ der }) => ({ rawBytes: b64(der) })) },
  validFor: { ...validFor },
})

/** The trust root of `attacks/arrange.ts` as a file. */
export function trustedRootJson(): Json {
  const log2 = log(`https://${LOG_2}`, log2Spki, noteKeyId(LOG_2, log2Spki))
  log2.publicKey.keyDetails = 'PKIX_ED25519'
  return {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [log('https://rekor.example', keys.log.spki), log2],
    ctlogs: [log('https://ct.example', keys.ct.spki)],
    certificateAuthorities: [authority('https://fulcio.example', [intermediate, root])],
    timestampAuthorities: [authority('https://tsa.example', [tsaLeaf, root])],
  }
}

const digestOf = (hash: DigestAlgorithm, of: Uint8Array): Uint8Array =>
  new Uint8Array(createHash(hash).update(of).digest())
const digestJson = (hash: DigestAlgorithm, digest: Uint8Array): Json => ({
  algorithm: hash.replace('sha', 'SHA2_'),
  digest: b64(digest),
})

export interface Signer {
  readonly spki: Uint8Array
  readonly key: KeyObject
}
export function signer(kind: 'ec' | 'ed25519' | 'rsa', namedCurve = 'P-256'): Signer {
  const pair =
    kind === 'ec'
      ? generateKeyPairSync('ec', { namedCurve })
      : kind === 'rsa'
        ? generateKeyPairSync('rsa', { modulusLength: 2048 })
        : generateKeyPairSync('ed25519')
  return {
    key: pair.privateKey,
    spki: new Uint8Array(pair.publicKey.export({ type: 'spki', format: 'der' })),
  }
}

export interface Signed {
  readonly spki: Uint8Array
  readonly signature: Uint8Array
  readonly hash: DigestAlgorithm
  readonly file?: Uint8Array
}

/** Over a file, logged by Rekor 1, under a certificate. */
export function logged1({ spki, signature, hash, file = bytes }: Signed): Json {
  const certificate = makeLeaf({ spki })
  const bundle = withCertificate(certificate)
  const digest = digestOf(hash, file)
  const publicKeyPem = certificatePem(certificate.der)
  const body = hashedRekordBody({ algorithm: hash, digest, signature, publicKeyPem })
  bundle.messageSignature = { messageDigest: digestJson(hash, digest), signature: b64(signature) }
  bundle.verificationMaterial.tlogEntries = [tlogEntry(makeEntry({ body }))]
  return bundle
}

export interface Signed2 extends Signed {
  readonly keyDetails: string
  /** A named key and no certificate. */
  readonly isKey?: boolean
  readonly payload?: Uint8Array
}

/** Over a file or an envelope, logged by Rekor 2. */
export function logged2({ spki, signature, hash, keyDetails, isKey = false, payload }: Signed2): Json {
  const bundle = fileBundle2()
  const material = bundle.verificationMaterial
  const rawBytes = b64(isKey ? spki : makeLeaf({ spki }).der)
  delete material.certificate
  Object.assign(material, isKey ? { publicKey: { hint: 'x' } } : { certificate: { rawBytes } })
  const signedBytes = payload === undefined ? bytes : dsseSignedBytes({ payload, payloadType: IN_TOTO })
  const data = digestJson(hash, digestOf(hash, signedBytes))
  const verifier = { keyDetails, [isKey ? 'publicKey' : 'x509Certificate']: { rawBytes } }
  const spec = { hashedRekordV002: { data, signature: { content: b64(signature), verifier } } }
  material.tlogEntries = [tlogEntry2(spec, 'hashedrekord')]
  material.timestampVerificationData.rfc3161Timestamps = [{ signedTimestamp: b64(makeTimestamp(signature)) }]
  delete bundle.messageSignature
  if (payload === undefined) bundle.messageSignature = { messageDigest: data, signature: b64(signature) }
  else bundle.dsseEnvelope = envelopeJson(payload, signature)
  return bundle
}

const envelopeJson = (payload: Uint8Array, signature: Uint8Array): Json => ({
  payload: b64(payload),
  payloadType: IN_TOTO,
  signatures: [{ sig: b64(signature) }],
})
export const provenance = (): Json =>
  statement({ predicateType: 'https://slsa.dev/provenance/v1', predicate: {} })

/** An attestation whose entry of Rekor 1 has the digest of what was signed, as if that were a file. */
export function loggedAsFile(): Json {
  const bundle = envelopeBundle(provenance())
  const { payload, signatures } = bundle.dsseEnvelope
  const signed = dsseSignedBytes({ payload: decodeBase64(payload), payloadType: IN_TOTO })
  const [digest, signature] = [sha256(signed), decodeBase64(signatures[0].sig)]
  const publicKeyPem = certificatePem(leaf.der)
  const body = hashedRekordBody({ algorithm: 'sha256', digest, signature, publicKeyPem })
  bundle.verificationMaterial.tlogEntries = [tlogEntry(makeEntry({ body }))]
  return bundle
}

export function withKeyId(keyid: string): Json {
  const bundle = envelopeBundle(provenance())
  bundle.dsseEnvelope.signatures[0].keyid = keyid
  return bundle
}

/** Logged as intoto 0.0.2, whose body may be changed before the log hashes it. */
export function intoto(
  change: (content: Json, payload: string) => void = () => undefined,
  by?: Signer,
): Json {
  const bundle = envelopeBundle(provenance())
  const payload = decodeBase64(bundle.dsseEnvelope.payload)
  const certificate = by === undefined ? leaf : makeLeaf({ spki: by.spki })
  if (by !== undefined) {
    const signed = new Uint8Array(sign('sha384', dsseSignedBytes({ payload, payloadType: IN_TOTO }), by.key))
    bundle.dsseEnvelope = envelopeJson(payload, signed)
    bundle.verificationMaterial.certificate.rawBytes = b64(certificate.der)
  }
  const { sig } = bundle.dsseEnvelope.signatures[0]
  const publicKey = b64(utf8(certificatePem(certificate.der)))
  const content = {
    envelope: { payloadType: IN_TOTO, signatures: [{ publicKey, sig: b64(utf8(sig)) }] },
    hash: { algorithm: 'sha256', value: sha256Hex(utf8('any')) },
    payloadHash: { algorithm: 'sha256', value: sha256Hex(payload) },
  }
  change(content, bundle.dsseEnvelope.payload)
  const body = utf8(canonicalJson({ apiVersion: '0.0.2', kind: 'intoto', spec: { content } }))
  const entry = tlogEntry(makeEntry({ body }), 'intoto')
  entry.kindVersion.version = '0.0.2'
  bundle.verificationMaterial.tlogEntries = [entry]
  return bundle
}
export const twice = (content: Json, payload: string): void => {
  content.envelope.payload = b64(utf8(payload))
}

/** A file whose RSA signature begins with a zero byte, and that signature. */
export function shortRsa(by: Signer): { readonly file: Uint8Array; readonly signature: Uint8Array } {
  for (let count = 0; ; count += 1) {
    const file = concatBytes(bytes, utf8(`${count}`))
    const signature = new Uint8Array(sign('sha256', file, by.key))
    if (signature[0] === 0) return { file, signature }
  }
}

const hasOid = (oid: string, one: Uint8Array): boolean => Buffer.from(one).includes(Buffer.from(derOid(oid)))
const certified = (change: Parameters<typeof craftLeaf>[0]): Json => withCertificate(craftLeaf(change))
const named = (...names: readonly (readonly [number, string])[]): Json => {
  const list = derSequence(...names.map(([kind, text]) => derImplicit(kind, utf8(text))))
  const extensionOfNames = extension(OID.subjectAlternativeName, true, list)
  return certified((all) =>
    all.map((one) => (hasOid(OID.subjectAlternativeName, one) ? extensionOfNames : one)),
  )
}
/** Its name is an e-mail address whose text is the URI of a pipeline. */
export const withEmail = (): Json => named([1, SAN])
export const withNames = (...uris: readonly string[]): Json => named(...uris.map((uri) => [6, uri] as const))
export const withoutOldIssuer = (): Json =>
  certified((all) => all.filter((one) => !hasOid(`${OID.fulcio}.1`, one)))
export const unknownSct = (): Json => withCertificate(makeLeaf({ scts: [{}, { key: newKey() }] }))

/** Of two entries of one signature, the second is of a log that nobody knows. */
export function unknownEntry(): Json {
  const bundle = fileBundle()
  bundle.verificationMaterial.tlogEntries.push(tlogEntry(makeEntry({ log: keys.stranger, logIndex: 7 })))
  return bundle
}

export function ofSha512(): Json {
  const [subject] = statement().subject
  const digest = { sha512: createHash('sha512').update(bytes).digest('hex') }
  return envelopeBundle({ ...provenance(), subject: [{ ...subject, digest }] })
}

export const withoutKeyUsage = (): Json => certified((all) => all.filter((one) => !hasOid(OID.keyUsage, one)))

export const rootWith = (change: (root: Json) => void): { readonly trustedRoot: Json } => {
  const trustedRoot = trustedRootJson()
  change(trustedRoot)
  return { trustedRoot }
}

export function edSigned(): {
  readonly prehashed: Signed
  readonly pure: Signed & { readonly payload: Uint8Array }
} {
  const { key, spki } = signer('ed25519')
  const seed = new Uint8Array(key.export({ type: 'pkcs8', format: 'der' })).slice(-32)
  const payload = utf8(JSON.stringify(provenance()))
  const signature = new Uint8Array(sign(null, dsseSignedBytes({ payload, payloadType: IN_TOTO }), key))
  return {
    prehashed: { spki, signature: ed25519ph.sign(bytes, seed), hash: 'sha512' },
    pure: { spki, signature, hash: 'sha512', payload },
  }
}
export const signedBy = ({ key, spki }: Signer, hash: DigestAlgorithm): Signed => ({
  spki,
  signature: new Uint8Array(sign(hash, bytes, key)),
  hash,
})
