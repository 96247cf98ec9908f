/** Parsers of text and of JSON. */
import { canonicalJson, parseJson, utf8, type JsonValue } from '../../src/base/index.ts'
import { formatCheckpoint, parseCheckpoint, verifyCheckpoint } from '../../src/formats/note/index.ts'
import {
  distributionKey,
  nameInFileNames,
  normalizeName,
  parseFileName,
  parseVersion,
} from '../../src/formats/python/index.ts'
import * as sigstore from '../../src/formats/sigstore/index.ts'
import {
  readMetadata,
  signMetadata,
  snapshotMetadata,
  timestampMetadata,
  type TufRole,
} from '../../src/formats/tuf/index.ts'
import { leafKey } from '../../src/formats/x509/arrange.ts'
import { certificatePem } from '../../src/formats/x509/index.ts'
import type { Target } from './run.ts'
import { certificates, envelopes, hashedRekords, logEntries, note, signature } from './seeds.ts'
import { mustEqual, mustRefuse } from './targets-der.ts'

/** Also with surrogates that stand alone, which no UTF-8 holds. */
function textOf(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes)
  if (bytes.length % 7 === 0) return buffer.toString('latin1').replaceAll('ÿ', '\udc00')
  return buffer.toString('utf8')
}

const JSON_CODES = ['base.json', 'base.too-large']
const texts = (...list: readonly string[]): Uint8Array[] => list.map(utf8)
const inJson = (list: readonly JsonValue[]): Uint8Array[] => list.map((one) => utf8(JSON.stringify(one)))

interface JsonParser {
  readonly name: string
  readonly code: string
  readonly documents: readonly JsonValue[]
  readonly readJson: (document: JsonValue) => void
}

const ofJson = ({ name, code, documents, readJson }: JsonParser): Target => ({
  name,
  codes: [code, ...JSON_CODES],
  seeds: inJson(documents),
  read: (bytes) => readJson(parseJson(textOf(bytes))),
  documents,
  readJson,
})

function readNote(bytes: Uint8Array): void {
  const text = textOf(bytes)
  const checkpoint = parseCheckpoint(text)
  mustRefuse(!text.startsWith(checkpoint.signedText), 'a text that it does not give back')
  mustRefuse(
    !checkpoint.signedText.startsWith(formatCheckpoint(checkpoint)),
    'another spelling of a checkpoint',
  )
  const { origin, size, root } = verifyCheckpoint({
    note: text,
    names: ['rekor.example'],
    spki: leafKey.spki,
  })
  mustRefuse(!note.startsWith(formatCheckpoint({ origin, size, root })), 'a checkpoint that nobody signed')
}

function readVersion(text: string): void {
  const { normal, key } = parseVersion(text)
  const again = parseVersion(normal)
  mustRefuse(
    again.normal !== normal || again.key !== key || parseVersion(key).key !== key,
    `${text} as ${normal}, ${key}`,
  )
}

function readFileName(text: string): void {
  const { name, fileName } = parseFileName(text)
  mustRefuse(fileName !== text || normalizeName(name) !== name, text)
  mustRefuse(distributionKey(parseFileName(fileName)) === '', text)
}

function readName(text: string): void {
  const normal = normalizeName(text)
  mustRefuse(normalizeName(normal) !== normal || normalizeName(nameInFileNames(text)) !== normal, text)
}

function readUuid(text: string): void {
  const uuid = sigstore.parseEntryUuid(text)
  if (uuid?.treeId !== undefined)
    mustRefuse(sigstore.formatEntryUuid(uuid.treeId, uuid.leafHash) !== text, text)
}

function readRekord(document: JsonValue): void {
  const body = sigstore.hashedRekordBody(sigstore.parseHashedRekord(document))
  mustEqual('a body', sigstore.hashedRekordBody(sigstore.readHashedRekordBody(body)), body)
}

function readEnvelope(document: JsonValue): void {
  const proposal = sigstore.parseDsseProposal(document)
  sigstore.dsseSignedBytes(proposal)
  const [publicKeyPem = ''] = proposal.publicKeyPems
  sigstore.dsseBody(
    proposal,
    proposal.signatures.map((each) => ({ signature: each, publicKeyPem })),
  )
}

function readEntries(document: JsonValue): void {
  const entries = Array.isArray(document)
    ? sigstore.parseLogEntries(document)
    : [sigstore.parseLogEntry(document)]
  for (const entry of entries) {
    const written = sigstore.formatLogEntry(entry)
    const again = sigstore.formatLogEntry(sigstore.parseLogEntry(written))
    mustRefuse(JSON.stringify(again) !== JSON.stringify(written), 'an entry that is another when read again')
  }
}

const terms = { version: 3, expiresSeconds: 1_900_000_000 }
const metadata: Readonly<Record<string, Uint8Array>> = {
  snapshot: signMetadata(snapshotMetadata({ ...terms, targetsVersion: 4 }), [leafKey.key]),
  timestamp: signMetadata(timestampMetadata({ ...terms, snapshotVersion: 5 }), [leafKey.key]),
}

const SIGNATURE = ['sigstore.signature-file']
const CERTIFICATE = ['sigstore.certificate-file']
const crt = certificates.map((one) => sigstore.writeCertificateFile(one))

export const textTargets: readonly Target[] = [
  {
    name: 'checkpoint',
    codes: ['note.malformed', 'note.signature'],
    seeds: texts(note, note),
    read: readNote,
  },
  {
    name: 'python name',
    codes: ['python.name'],
    seeds: texts('friendly-bard', 'A', 'a.b_c-d', 'a'.repeat(128)),
    read: (bytes) => readName(textOf(bytes)),
  },
  {
    name: 'python version',
    codes: ['python.version'],
    seeds: texts('1.0', '1!2.0a1.post2.dev3+ubuntu.7', 'v1.0-ALPHA', '1.0.0rc1', '1.0-1', '2026.11.24.0'),
    read: (bytes) => readVersion(textOf(bytes)),
  },
  {
    name: 'python file name',
    codes: ['python.file-name'],
    seeds: texts(
      'demo-1.0.0-py3-none-any.whl',
      'a_b-1.0-1x-cp39.cp310-abi3-linux_x86_64.whl',
      'my-pkg-1.0.tar.gz',
    ),
    read: (bytes) => readFileName(textOf(bytes)),
  },
  {
    name: 'entry uuid',
    codes: [],
    seeds: texts('0'.repeat(15) + '7' + 'ab'.repeat(32), 'ab'.repeat(32)),
    read: (bytes) => readUuid(textOf(bytes)),
  },
  ofJson({
    name: 'hashedrekord',
    code: 'sigstore.proposed-entry',
    documents: hashedRekords,
    readJson: readRekord,
  }),
  {
    name: 'hashedrekord body',
    codes: ['sigstore.proposed-entry'],
    seeds: hashedRekords.map((one) => utf8(canonicalJson(one))),
    read: (bytes) =>
      mustEqual('a body', bytes, sigstore.hashedRekordBody(sigstore.readHashedRekordBody(bytes))),
  },
  ofJson({ name: 'dsse', code: 'sigstore.proposed-entry', documents: envelopes, readJson: readEnvelope }),
  ofJson({
    name: 'log entries',
    code: 'sigstore.entry',
    documents: [...logEntries, logEntries, [...logEntries, ...logEntries]],
    readJson: readEntries,
  }),
  {
    name: 'signature file',
    codes: SIGNATURE,
    seeds: [signature, sigstore.writeSignatureFile(signature)],
    read: (bytes) => void sigstore.readSignatureFile(bytes),
  },
  {
    name: 'certificate file',
    codes: CERTIFICATE,
    seeds: [...crt, ...certificates, ...texts(...certificates.map(certificatePem))],
    read: (bytes) => void sigstore.readCertificateFile(bytes),
  },
  ...Object.entries(metadata).map(([role, seed]) => ({
    name: `tuf ${role}`,
    codes: ['tuf.malformed'],
    seeds: [seed],
    read: (bytes: Uint8Array) => void readMetadata(bytes, role as TufRole),
  })),
]
