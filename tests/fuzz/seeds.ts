/** Valid inputs, and what they were made from. */
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { canonicalJson, encodeBase64, encodeHex, sha256, utf8, type JsonValue } from '../../src/base/index.ts'
import {
  derBitString,
  derElement,
  derOid,
  derSequence,
  derSet,
  derSmallInteger,
  derUtf8String,
} from '../../src/formats/der/index.ts'
import { formatLogEntry, proposedHashedRekord } from '../../src/formats/sigstore/index.ts'
import { signCheckpoint } from '../../src/formats/note/index.ts'
import { craft, leaf as timestampLeaf, root as timestampRoot } from '../../src/formats/timestamp/arrange.ts'
import { buildTimestampRejection, messageImprint } from '../../src/formats/timestamp/index.ts'
import { intermediate, leaf, leafKey, root } from '../../src/formats/x509/arrange.ts'
import { certificatePem, publicKeyPem } from '../../src/formats/x509/index.ts'

const spkiOfNew = (key: KeyObject): Uint8Array => new Uint8Array(key.export({ type: 'spki', format: 'der' }))
const ofCurve = (namedCurve: string): Uint8Array =>
  spkiOfNew(generateKeyPairSync('ec', { namedCurve }).publicKey)

export const spkis: readonly Uint8Array[] = [
  leafKey.spki,
  ofCurve('P-384'),
  ofCurve('P-521'),
  spkiOfNew(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey),
  spkiOfNew(generateKeyPairSync('ed25519').publicKey),
]
export const certificates: readonly Uint8Array[] = [
  leaf,
  intermediate,
  root,
  timestampLeaf,
  timestampRoot,
].map(({ der }) => der)
export const message: Uint8Array = utf8('file')
export const signature: Uint8Array = new Uint8Array(sign('sha256', message, leafKey.key))

const requestInfo = derSequence(
  derSmallInteger(0),
  derSequence(),
  leafKey.spki,
  derElement(0xa0, derSequence(derOid('1.2.840.113549.1.9.7'), derSet(derUtf8String('ignored')))),
)
export const request: Uint8Array = derSequence(
  requestInfo,
  derSequence(derOid('1.2.840.10045.4.3.2')),
  derBitString(new Uint8Array(sign('sha256', requestInfo, leafKey.key))),
)
export const requestPem = (der: Uint8Array): string =>
  certificatePem(der).replaceAll('CERTIFICATE', 'CERTIFICATE REQUEST')

export const note: string = signCheckpoint(
  { origin: 'rekor.example - 7', size: 9, root: sha256(message) },
  { name: 'rekor.example', key: leafKey.key },
)

export const timestampRequests: readonly Uint8Array[] = [
  derSequence(derSmallInteger(1), messageImprint('sha256', sha256(message)).encoded),
  derSequence(
    derSmallInteger(1),
    messageImprint('sha256', sha256(message)).encoded,
    derOid('1.3.6.1.4.1.57264.2'),
    derSmallInteger(9),
    derElement(0x01, new Uint8Array([0xff])),
    derElement(0xa0, derSequence(derOid('1.2.3'), derElement(0x04, new Uint8Array([5])))),
  ),
]
export const timestampResponses: readonly Uint8Array[] = [
  craft(),
  craft({ certificates: [derElement(0xa0, timestampLeaf.der)] }),
  buildTimestampRejection('badAlg', 'no'),
]

const pem = certificatePem(leaf.der)
const rekord = { algorithm: 'sha256', digest: sha256(message), signature, publicKeyPem: pem } as const
export const hashedRekords: readonly JsonValue[] = [
  proposedHashedRekord(rekord),
  proposedHashedRekord({ ...rekord, publicKeyPem: publicKeyPem(leafKey.spki) }),
]
const envelope = canonicalJson({
  payload: encodeBase64(message),
  payloadType: 'text/plain',
  signatures: [{ sig: encodeBase64(signature) }],
})
export const envelopes: readonly JsonValue[] = [
  {
    apiVersion: '0.0.1',
    kind: 'dsse',
    spec: { proposedContent: { envelope, verifiers: [encodeBase64(utf8(pem))] } },
  },
]
export const logEntries: readonly JsonValue[] = [
  formatLogEntry({
    uuid: encodeHex(sha256(message)),
    body: message,
    integratedTimeSeconds: 1_900_000_000,
    logId: encodeHex(sha256(leafKey.spki)),
    logIndex: 7,
    inclusionProof: {
      checkpoint: note,
      hashes: [sha256(message), sha256(signature)],
      logIndex: 3,
      rootHash: sha256(message),
      treeSize: 9,
    },
    signedEntryTimestamp: signature,
  }),
]
