import { ed25519ph } from '@noble/curves/ed25519.js'
import {
  constants,
  createHash,
  generateKeyPairSync,
  sign,
  type KeyObject,
  type KeyPairKeyObjectResult,
} from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeBase64, utf8 } from '../../src/base/index.ts'
import {
  dsseBody,
  dsseSignedBytes,
  hashedRekordBody,
  IN_TOTO,
  type DigestAlgorithm,
} from '../../src/formats/sigstore/index.ts'
import { certificatePem, publicKeyPem } from '../../src/formats/x509/index.ts'
import { makeEntry, makeLeaf, policy } from '../../src/verify/arrange.ts'
import { bytes, fileBundle, statement, tlogEntry, type Json } from '../../src/verify/attacks/arrange.ts'
import { artifactOf, trustRootFromJson, verifyBundle } from '../../src/verify/index.ts'
import { cosign3, present } from '../support/judges.ts'
import { temporaryFolder } from '../support/server.ts'
import { cosignVerdict } from './cosign-verdict.ts'
import { trustedRootJson } from './letter-seals.ts'

const b64 = encodeBase64
const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
const seedOf = (key: KeyObject): Uint8Array =>
  new Uint8Array(key.export({ type: 'pkcs8', format: 'der' })).slice(-32)
const ec = (namedCurve: string) => (): KeyPairKeyObjectResult => generateKeyPairSync('ec', { namedCurve })
const rsa = (): KeyPairKeyObjectResult => generateKeyPairSync('rsa', { modulusLength: 2048 })
const ed25519 = (): KeyPairKeyObjectResult => generateKeyPairSync('ed25519')

interface Kind {
  readonly make: () => KeyPairKeyObjectResult
  readonly hash: DigestAlgorithm
  readonly sign: (message: Uint8Array, key: KeyObject) => Uint8Array
}
const hashed = (make: Kind['make'], hash: DigestAlgorithm): Kind => ({
  make,
  hash,
  sign: (message, key) => new Uint8Array(sign(hash, message, key)),
})
const kinds: Readonly<Record<string, Kind>> = {
  'P-256 with SHA-256': hashed(ec('P-256'), 'sha256'),
  'P-384 with SHA-384': hashed(ec('P-384'), 'sha384'),
  'P-384 with SHA-256': hashed(ec('P-384'), 'sha256'),
  'P-521 with SHA-512': hashed(ec('P-521'), 'sha512'),
  'P-521 with SHA-256': hashed(ec('P-521'), 'sha256'),
  'RSA PKCS #1 v1.5': hashed(rsa, 'sha256'),
  'RSA-PSS': {
    make: rsa,
    hash: 'sha256',
    sign: (message, key) => new Uint8Array(sign('sha256', message, { key, ...pss })),
  },
  Ed25519: {
    make: ed25519,
    hash: 'sha512',
    sign: (message, key) => new Uint8Array(sign(null, message, key)),
  },
  Ed25519ph: { make: ed25519, hash: 'sha512', sign: (message, key) => ed25519ph.sign(message, seedOf(key)) },
}

/** What we accept, by who signs what. cosign accepts all of it, and the last list besides. */
const ACCEPTED: Readonly<Record<string, readonly string[]>> = {
  'a certificate, a file': [
    'P-256 with SHA-256',
    'P-384 with SHA-384',
    'P-521 with SHA-512',
    'RSA PKCS #1 v1.5',
    'Ed25519ph',
  ],
  'a certificate, an attestation': [
    'P-256 with SHA-256',
    'P-384 with SHA-384',
    'P-521 with SHA-512',
    'RSA PKCS #1 v1.5',
    'Ed25519',
  ],
  'a named key, a file': [
    'P-256 with SHA-256',
    'P-384 with SHA-256',
    'P-521 with SHA-256',
    'RSA PKCS #1 v1.5',
  ],
  'a named key, an attestation': [
    'P-256 with SHA-256',
    'P-384 with SHA-256',
    'P-521 with SHA-256',
    'RSA PKCS #1 v1.5',
    'Ed25519',
  ],
}
/** cosign tries SHA-256 when the hash of the curve does not fit; the algorithm registry has no such pair for certificates. */
const LENIENT = ['P-384 with SHA-256', 'P-521 with SHA-256']

interface Sealed {
  readonly bundle: Json
  readonly spki: Uint8Array
}

function seal(kind: Kind, isKey: boolean, isFile: boolean): Sealed {
  const { privateKey, publicKey } = kind.make()
  const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))
  const certificate = makeLeaf({ spki })
  const pem = isKey ? publicKeyPem(spki) : certificatePem(certificate.der)
  const bundle = fileBundle()
  const material = bundle.verificationMaterial
  if (isKey) {
    delete material.certificate
    material.publicKey = { hint: 'x' }
  } else material.certificate.rawBytes = b64(certificate.der)
  if (isFile) Object.assign(bundle, overFile(kind, privateKey, { pem, material }))
  else Object.assign(bundle, overEnvelope(kind, privateKey, { pem, material }))
  return { bundle, spki }
}

interface Parts {
  readonly pem: string
  readonly material: Json
}

function overFile({ hash, sign: make }: Kind, key: KeyObject, { pem, material }: Parts): Json {
  const signature = make(bytes, key)
  const digest = new Uint8Array(createHash(hash).update(bytes).digest())
  const body = hashedRekordBody({ algorithm: hash, digest, signature, publicKeyPem: pem })
  material.tlogEntries = [tlogEntry(makeEntry({ body }))]
  const messageDigest = { algorithm: hash.replace('sha', 'SHA2_'), digest: b64(digest) }
  return { messageSignature: { messageDigest, signature: b64(signature) } }
}

function overEnvelope({ sign: make }: Kind, key: KeyObject, { pem, material }: Parts): Json {
  const payload = utf8(
    JSON.stringify(statement({ predicateType: 'https://slsa.dev/provenance/v1', predicate: {} })),
  )
  const signature = make(dsseSignedBytes({ payload, payloadType: IN_TOTO }), key)
  const proposal = { envelopeText: '{}', payload, payloadType: IN_TOTO, signatures: [], publicKeyPems: [] }
  const body = dsseBody(proposal, [{ signature, publicKeyPem: pem }])
  material.tlogEntries = [tlogEntry(makeEntry({ body }), 'dsse')]
  const dsseEnvelope = { payload: b64(payload), payloadType: IN_TOTO, signatures: [{ sig: b64(signature) }] }
  return { messageSignature: undefined, dsseEnvelope }
}

let folder: { path: string; remove: () => Promise<void> }

describe.runIf(present(cosign3))('the kinds of keys, with cosign 3.1.2 as judge', () => {
  beforeAll(async () => {
    folder = await temporaryFolder()
  })
  afterAll(() => folder.remove())

  const rows = Object.keys(ACCEPTED).flatMap((who) => Object.keys(kinds).map((name) => [who, name] as const))
  it.each(rows)('%s: %s', async (who, name) => {
    const [isKey, isFile] = [who.startsWith('a named key'), who.endsWith('a file')]
    const made = seal(kinds[name]!, isKey, isFile)
    const signer = isKey ? { key: made.spki } : { policy }
    const trustRoot = trustRootFromJson(JSON.stringify(trustedRootJson()))
    const { verified } = verifyBundle({
      bundle: JSON.stringify(made.bundle),
      artifact: artifactOf(bytes),
      trustRoot,
      ...signer,
    })
    expect(verified).toBe(ACCEPTED[who]!.includes(name))
    const isLenient = !isKey && LENIENT.includes(name)
    const { bundle, spki } = made
    const { isAccepted } = await cosignVerdict(folder.path, { bundle, ...(isKey ? { key: spki } : {}) })
    expect(isAccepted).toBe(verified || isLenient)
  })
})
