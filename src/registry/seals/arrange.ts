/** For tests only: a registry with seals, in a project whose pipelines the Sigstore of `verify/arrange.ts` knows. */
import { sign } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Project } from '../../access/index.ts'
import { distributionOf } from '../../formats/python/archive/arrange.ts'
import { registryErrors } from '../errors.ts'
import { sha256, utf8, type Blobs, type Clock } from '../../base/index.ts'
import {
  dsseBody,
  dsseSignedBytes,
  formatAttestation,
  formatBundle,
  formatStatement,
  hashedRekordBody,
  IN_TOTO,
  PUBLISH_V1,
  sealedEnvelope,
  writeCertificateFile,
  writeSignatureFile,
  type LogEntry,
} from '../../formats/sigstore/index.ts'
import { certificatePem } from '../../formats/x509/index.ts'
import { silentLog, systemEntropy } from '../../host/index.ts'
import { openFolderBlobs } from '../../storage/folder/index.ts'
import {
  createGenericStore,
  createPackagesStore,
  createRegistryStore,
  createSealStore,
  migrations,
  type Database,
} from '../../storage/sql/index.ts'
import { openDatabase } from '../../storage/sqlite/index.ts'
import {
  ISSUER,
  keys,
  makeEntry,
  makeLeaf,
  NOW,
  trustRoot,
  type EntryChanges,
  type LeafChanges,
} from '../../verify/arrange.ts'
import type { LogAnswer } from '../../verify/index.ts'
import { createRegistry, createSeals, type Registry, type Seals, type SealContext } from '../index.ts'

export const PROJECT: Project = {
  id: 20,
  path: 'acme/app',
  name: 'app',
  namespaceId: 1,
  namespacePath: 'acme',
  visibility: 'private',
  defaultBranch: 'main',
}
export const OTHER: Project = { ...PROJECT, id: 21, path: 'acme/app-evil', name: 'app-evil' }
export const WHEEL = 'demo-1.0-py3-none-any.whl'
/** What tells one distribution of a name from another. */
export const CONTENT = 'the content of a wheel'
export const ALICE = 7
export const MALLORY = 8

export interface SealChanges {
  readonly content?: string
  /** In place of an honest distribution with that content. */
  readonly bytes?: Uint8Array
  readonly project?: Project
  readonly ref?: string
  readonly configFile?: string
  readonly leaf?: LeafChanges
  /** Of its entries in the log. */
  readonly entry?: Pick<EntryChanges, 'integratedTimeSeconds' | 'treeId'>
  /** Of the distribution that is signed. */
  readonly of?: string
  /** As the attestation calls it; default the same. */
  readonly fileName?: string
}

/** An honest distribution of that name. */
export function bytesOf(fileName: string, content = CONTENT): Uint8Array {
  return distributionOf(fileName, { content })
}

/** What a pipeline of the project signs, in every form. */
export interface MadeSeal {
  readonly sig: string
  readonly crt: string
  readonly bundle: string
  readonly attestation: string
  readonly entry: LogEntry
}

let trees = 100

/** Each entry is the last of a tree of three: in one tree they would contradict each other. */
function newTree(): { readonly treeId: number } {
  trees += 1
  return { treeId: trees }
}

export function makeSeal(changes: SealChanges = {}): MadeSeal {
  const { content = CONTENT, of = WHEEL, fileName = of, bytes = bytesOf(of, content) } = changes
  const certificate = certificateOf(changes)
  const pem = certificatePem(certificate.der)
  const digest = sha256(bytes)
  const signature = new Uint8Array(sign('sha256', bytes, keys.leaf.key))
  const body = hashedRekordBody({ algorithm: 'sha256', digest, signature, publicKeyPem: pem })
  const entry = makeEntry({ ...newTree(), body, certificate, ...changes.entry })
  const payload = formatStatement({ fileName, sha256: digest, predicateType: PUBLISH_V1, predicate: null })
  const envelope = { payload, payloadType: IN_TOTO }
  const signed = new Uint8Array(sign('sha256', dsseSignedBytes(envelope), keys.leaf.key))
  const one = { signature: signed, publicKeyPem: pem }
  const attested = makeEntry({
    ...newTree(),
    body: dsseBody(sealedEnvelope(envelope, one), [one]),
    certificate,
    ...changes.entry,
  })
  const bundle = formatBundle({
    certificate: certificate.der,
    signature,
    digest: { algorithm: 'sha256', digest },
    entries: [{ ...entry, kindVersion: 'hashedrekord 0.0.1' }],
  })
  const attestation = formatAttestation({
    certificate: certificate.der,
    envelope,
    signature: signed,
    entries: [{ ...attested, kindVersion: 'dsse 0.0.1' }],
  })
  return {
    sig: Buffer.from(writeSignatureFile(signature)).toString(),
    crt: Buffer.from(writeCertificateFile(certificate.der)).toString(),
    bundle: JSON.stringify(bundle),
    attestation: JSON.stringify(attestation),
    entry,
  }
}

function certificateOf({
  project = PROJECT,
  ref = 'refs/heads/main',
  configFile = '.gitlab-ci.yml',
  leaf,
}: SealChanges) {
  return makeLeaf({
    uri: `${ISSUER}/${project.path}//${configFile}@${ref}`,
    extensions: [
      { arc: 1, value: ISSUER },
      { arc: 8, value: ISSUER },
      { arc: 12, value: `${ISSUER}/${project.path}` },
      { arc: 15, value: String(project.id) },
    ],
    ...leaf,
  })
}

export interface Bench {
  readonly registry: Registry
  readonly seals: Seals
  readonly context: SealContext
  /** Hex of the digests that the log was asked about. */
  readonly asked: string[]
  /** What the log answers; undefined: it does not. */
  entries: LogEntry[] | undefined
  nowMs: number
  /** Of a generic file. */
  put(file: string, text: string, options?: Putting): ReturnType<Registry['generic']['put']>
  /** A second one on the same database and blobs, as after a crash. */
  reopen(changes?: Partial<SealContext>): Bench
  close(): Promise<void>
}

export async function openBench(changes: Partial<SealContext> = {}): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'wheelseal-seals-'))
  const blobs = await openFolderBlobs(folder, { entropy: systemEntropy, log: silentLog })
  const database = await openDatabase(':memory:', migrations)
  const bench = benchOver({ blobs, database }, changes)
  return Object.assign(bench, {
    close: async () => {
      await bench.seals.stop()
      await database.destroy()
      await rm(folder, { recursive: true })
    },
  })
}

interface Kept {
  readonly blobs: Blobs
  readonly database: Database
}

function benchOver(kept: Kept, changes: Partial<SealContext>): Bench {
  const state = { entries: [] as LogEntry[] | undefined, nowMs: NOW * 1000 }
  const asked: string[] = []
  const { blobs } = kept
  const clock: Clock = {
    nowMs: () => state.nowMs,
    sleep: (_ms, signal) => new Promise((_resolve, reject) => signal?.addEventListener('abort', reject)),
  }
  const find = async (_seal: unknown, digest: Uint8Array): Promise<LogAnswer> => {
    asked.push(Buffer.from(digest).toString('hex'))
    if (state.entries !== undefined) return { entries: state.entries, askedLog: 'the log' }
    return { entries: [], refusal: registryErrors('registry.unknown-file', 'the log did not answer') }
  }
  const store = createRegistryStore(kept.database)
  const context: SealContext = {
    ...{ blobs, clock, log: silentLog, files: store, store: createSealStore(kept.database) },
    issuer: ISSUER,
    roots: [{ trustRoot, logEntries: { find } }],
    rootsSha256: 'roots',
    projectOf: async (id) => [PROJECT, OTHER].find((one) => one.id === id),
    ...changes,
  }
  const seals = createSeals(context)
  const generic = createGenericStore(kept.database)
  const packages = createPackagesStore(kept.database)
  const registry = createRegistry({ store, generic, packages, blobs, clock, seals })
  return Object.assign(state, {
    ...{ seals, context, asked, registry },
    put: (file: string, text: string, options?: Putting) => putFile(registry, { file, text, ...options }),
    reopen: (other: Partial<SealContext> = {}) => benchOver(kept, { ...changes, ...other }),
    close: () => seals.stop(),
  })
}

async function* streamOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

export interface PublishChanges {
  readonly content?: string
  readonly fileName?: string
  readonly project?: Project
  readonly attestations?: string
}

export async function publish({ registry }: Bench, changes: PublishChanges = {}) {
  const { content = CONTENT, fileName = WHEEL, project = PROJECT, attestations } = changes
  const { file } = await registry.pypi.publish(project, {
    name: 'demo',
    version: '1.0',
    fileName,
    sha256Digest: undefined,
    requiresPython: undefined,
    attestations,
    content: await registry.pypi.stage(streamOf(bytesOf(fileName, content))),
  })
  return file
}

export interface Putting {
  readonly by?: number
  readonly project?: Project
  readonly name?: string
  readonly version?: string
}

function putFile(registry: Registry, { file, text, ...options }: Putting & { file: string; text: string }) {
  const { by = ALICE, project = PROJECT, name = 'demo', version = '1.0' } = options
  const place = { name, version, fileName: file }
  return registry.generic.put(project, {
    ...place,
    bytes: streamOf(utf8(text)),
    madeBy: { userId: by, jobId: null },
  })
}

/** The text that is served for a side file; undefined where there is none. */
export async function served(bench: Bench, file: string, options: Putting = {}): Promise<string | undefined> {
  const { project = PROJECT, name = 'demo', version = '1.0' } = options
  const found = await bench.registry.generic.find(project, { name, version, fileName: file })
  if (found === undefined) return undefined
  const parts: Uint8Array[] = []
  for await (const part of (await bench.registry.generic.open(found)).stream()) parts.push(part)
  return Buffer.concat(parts).toString()
}

/** The names that stand in the project's index for the package. */
export async function listedFiles({ registry }: Bench, project = PROJECT): Promise<string[]> {
  const names: string[] = []
  for await (const { fileName } of registry.pypi.files(project, 'demo')) names.push(fileName)
  return names
}
