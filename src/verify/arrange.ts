/** For tests only: a private Sigstore in memory, and a seal of its own that verifies. */
import { expect } from 'vitest'
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { encodeBase64, sha256, sha256Hex, utf8 } from '../base/index.ts'
import {
  derBitString,
  derBoolean,
  DerReader,
  derExplicit,
  derOctetString,
  derOid,
  derSequence,
} from '../formats/der/index.ts'
import { leafHash, nodeHash } from '../formats/merkle/index.ts'
import { signCheckpoint } from '../formats/note/index.ts'
import { hashedRekordBody, setSignedBytes, type LogEntry } from '../formats/sigstore/index.ts'
import {
  buildIntermediate,
  buildLeaf,
  buildRoot,
  certificatePem,
  encodeSctList,
  OID,
  parseCertificate,
  sctSignedBytes,
  type Certificate,
  type SignedCertificateTimestamp,
} from '../formats/x509/index.ts'
import { exactly, type Policy } from './policy/policy.ts'
import type { LogKey, TrustRoot } from './trust-root/trust-root.ts'
import type { Seal, VerifyRequest } from './seal.ts'
import { CHECK_NAMES, type Check, type CheckName } from './verdict/verdict.ts'
import { verifySeal } from './verify-seal.ts'

export const NOW = 1_900_000_000
export const SAN = 'https://gitlab.example/acme/app//.gitlab-ci.yml@refs/heads/main'
export const ISSUER = 'https://gitlab.example'
export const LOG_NAME = 'rekor.example'
const YEAR = 31_557_600

export interface TestKey {
  readonly key: KeyObject
  readonly spki: Uint8Array
}

export function newKey(namedCurve = 'P-256'): TestKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve })
  return { key: privateKey, spki: new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })) }
}

export const keys = {
  root: newKey(),
  intermediate: newKey(),
  leaf: newKey(),
  log: newKey(),
  ct: newKey(),
  stranger: newKey(),
}
const serial = new Uint8Array(20).fill(0x42)

export function makeRoot({ key, spki } = keys.root): Certificate {
  const name = { organization: 'example.test', commonName: 'root' }
  const validity = { notBeforeSeconds: NOW - YEAR, notAfterSeconds: NOW + YEAR }
  return parseCertificate(buildRoot({ name, key, spki, serial, ...validity }))
}

export function makeIntermediate(
  issuer: Certificate,
  changes: {
    readonly issuerKey?: KeyObject
    readonly spki?: Uint8Array
    readonly notAfterSeconds?: number
  } = {},
): Certificate {
  return parseCertificate(
    buildIntermediate({
      name: { organization: 'example.test', commonName: 'intermediate' },
      spki: keys.intermediate.spki,
      issuer,
      issuerKey: keys.root.key,
      serial,
      notBeforeSeconds: NOW - YEAR,
      notAfterSeconds: NOW + YEAR,
      ...changes,
    }),
  )
}

export const root = makeRoot()
export const intermediate = makeIntermediate(root)

export interface SctChanges {
  readonly key?: TestKey
  readonly timestampMs?: number
  /** What the log saw, when it is not this certificate. */
  readonly tbs?: Uint8Array
  readonly issuer?: Certificate
}

function makeSct(tbs: Uint8Array, changes: SctChanges = {}): SignedCertificateTimestamp {
  const { key = keys.ct, timestampMs = NOW * 1000, issuer = intermediate } = changes
  const extensions = new Uint8Array()
  const signed = sctSignedBytes({
    timestampMs,
    issuerKeyHash: sha256(issuer.spki),
    tbs: changes.tbs ?? tbs,
    extensions,
  })
  const signature = new Uint8Array(sign('sha256', signed, key.key))
  return { version: 0, logId: sha256(key.spki), timestampMs, extensions, signature }
}

export interface LeafChanges extends Partial<Parameters<typeof buildLeaf>[0]> {
  /** One SCT for each; default one that is as it should be. */
  readonly scts?: readonly SctChanges[]
}

export function makeLeaf({ scts = [{}], ...changes }: LeafChanges = {}): Certificate {
  const pending = buildLeaf({
    serial,
    notBeforeSeconds: NOW,
    notAfterSeconds: NOW + 600,
    spki: keys.leaf.spki,
    issuer: intermediate,
    issuerKey: keys.intermediate.key,
    uri: SAN,
    extensions: [
      { arc: 1, value: ISSUER },
      { arc: 8, value: ISSUER },
    ],
    ...changes,
  })
  return parseCertificate(pending.complete(scts.map((sct) => makeSct(pending.tbs, sct))))
}

export const leaf = makeLeaf()

/** The extension of RFC 5280 in DER. */
export function extension(oid: string, isCritical: boolean, value: Uint8Array): Uint8Array {
  return derSequence(derOid(oid), ...(isCritical ? [derBoolean(true)] : []), derOctetString(value))
}

/** A leaf whose extensions are others; its SCT and its signature hold. */
export function craftLeaf(change: (extensions: readonly Uint8Array[]) => readonly Uint8Array[]): Certificate {
  const fields: Uint8Array[] = []
  const body = new DerReader(new DerReader(leaf.tbs).read().content)
  while (!body.isAtEnd) fields.push(body.read().encoded)
  const tbsWith = (extensions: readonly Uint8Array[]): Uint8Array =>
    derSequence(...fields.slice(0, -1), derExplicit(3, derSequence(...extensions)))
  const own = leaf.extensions
    .filter(({ oid }) => oid !== OID.sctList)
    .map(({ oid, isCritical, value }) => extension(oid, isCritical, value))
  const changed = change(own)
  const list = encodeSctList([makeSct(tbsWith(changed))])
  const tbs = tbsWith([...changed, extension(OID.sctList, false, derOctetString(list))])
  const made = derBitString(new Uint8Array(sign('sha256', tbs, keys.intermediate.key)))
  return parseCertificate(derSequence(tbs, derSequence(derOid(OID.ecdsaSha256)), made))
}

export const artifact = { sha256: sha256(utf8('the bytes of a wheel')) }

export function signDigestOf(text: string, { key } = keys.leaf): Uint8Array {
  return new Uint8Array(sign('sha256', utf8(text), key))
}

export const signature = signDigestOf('the bytes of a wheel')

export interface EntryChanges {
  readonly body?: Uint8Array
  readonly certificate?: Certificate
  readonly integratedTimeSeconds?: number
  readonly log?: TestKey
  readonly logName?: string
  readonly logIndex?: number
  /** Of Rekor v1: trees of one id must not differ. */
  readonly treeId?: number
}

/** The entry at index 2 of a tree of three, with a proof of one hash. */
export function makeEntry(changes: EntryChanges = {}): LogEntry {
  const { log = keys.log, logName = LOG_NAME, certificate = leaf, logIndex = 102 } = changes
  const { integratedTimeSeconds = NOW + 5, treeId = 17 } = changes
  const publicKeyPem = certificatePem(certificate.der)
  const body =
    changes.body ??
    hashedRekordBody({ algorithm: 'sha256', digest: artifact.sha256, signature, publicKeyPem })
  const left = nodeHash(leafHash(utf8('first')), leafHash(utf8('second')))
  const rootHash = nodeHash(left, leafHash(body))
  const logId = sha256Hex(log.spki)
  const promise = { body: encodeBase64(body), integratedTime: integratedTimeSeconds, logId, logIndex }
  const head = { origin: `${logName} - ${treeId}`, size: 3, root: rootHash }
  return {
    uuid: `0000000000000011${Buffer.from(leafHash(body)).toString('hex')}`,
    body,
    integratedTimeSeconds,
    logId,
    logIndex,
    inclusionProof: {
      checkpoint: signCheckpoint(head, { name: logName, key: log.key }),
      hashes: [left],
      logIndex: 2,
      rootHash,
      treeSize: 3,
    },
    signedEntryTimestamp: new Uint8Array(sign('sha256', setSignedBytes(promise), log.key)),
  }
}

export const entry = makeEntry()

export function logKey({ spki }: TestKey): LogKey {
  return { spki, idHex: sha256Hex(spki) }
}

export const trustRoot: TrustRoot = {
  certificateAuthorities: [{ roots: [root], intermediates: [intermediate] }],
  logs: [logKey(keys.log)],
  ctLogs: [logKey(keys.ct)],
}

export const policy = { anyOf: [{ san: exactly(SAN), issuer: exactly(ISSUER) }] }
const seal: Seal = { signature, certificate: leaf.der, entries: [entry] }
export type SealRequest = VerifyRequest & { readonly seal: Seal; readonly policy: Policy }
export const request: SealRequest = { artifact, seal, trustRoot, policy }

export function withSeal(changes: Partial<Seal>): SealRequest {
  return { ...request, seal: { ...seal, ...changes } }
}

/** A whole seal whose certificate is another one. */
export function withLeaf(certificate: Certificate): SealRequest {
  return withSeal({ certificate: certificate.der, entries: [makeEntry({ certificate })] })
}

/** A whole seal whose only entry has other members. */
export function withEntry(changes: Partial<LogEntry>): SealRequest {
  return withSeal({ entries: [{ ...entry, ...changes }] })
}

export function withProof(changes: Partial<LogEntry['inclusionProof']>): SealRequest {
  return withEntry({ inclusionProof: { ...entry.inclusionProof, ...changes } })
}

/** What a test says of a verdict. */
export function outcomes(changed: VerifyRequest): Record<string, string> {
  return Object.fromEntries(verifySeal(changed).checks.map(({ name, outcome }) => [name, outcome]))
}

export function check(changed: VerifyRequest, name: CheckName): Check | undefined {
  return verifySeal(changed).checks.find((one) => one.name === name)
}

/** Refused for this reason, while every other check has the outcome that it has for a seal that is as it should be. */
export function refusedOnly(changed: VerifyRequest, name: CheckName, usual: VerifyRequest = request): void {
  refused(changed, name)
  const before = outcomes(usual)
  const others = verifySeal(changed).checks.filter((one) => one.outcome !== before[one.name])
  expect(others.map((one) => one.name)).toEqual([name])
}

/** Refused for this reason, whatever else is wrong with it. */
export function refused(changed: VerifyRequest, name: CheckName): void {
  const verdict = verifySeal(changed)
  expect(verdict).toMatchObject({ verified: false, reason: `verify.${name}` })
  expect(verdict.checks.map((one) => one.name)).toEqual(CHECK_NAMES)
}
