/**
 * Writers of the registry, who remember what they sent before they send it and what was acknowledged after it: the one
 * truth with which a server that was killed is compared.
 */
import { createHash, randomBytes, randomInt } from 'node:crypto'
import { Secret, sha256 } from '../../src/base/index.ts'
import { distributionOf } from '../../src/formats/python/archive/arrange.ts'
import { writeCertificateFile, writeSignatureFile } from '../../src/formats/sigstore/index.ts'
import { systemClock, systemFiles } from '../../src/host/index.ts'
import { createFulcioClient, createHttp, createRekorClient } from '../../src/net/index.ts'
import type { Admin } from '../../src/server/index.ts'
import { attestFiles, signBlobs } from '../../src/sign/index.ts'

export type RuleKind = 'off' | 'project-identity'

/** A file that was sent. */
export interface Sent {
  readonly kind: 'distribution' | 'generic' | 'side file'
  readonly fileName: string
  readonly version: string
  /** None any more once its life is over: the digest stays. */
  bytes: Uint8Array
  readonly sha256: string
  isAcknowledged: boolean
  /** Whether a seal of the project's own pipeline was acknowledged; `maybe` from when it was sent. */
  seal: 'none' | 'maybe' | 'verified'
  /** Of the distributions that came with an attestation. */
  hasProvenance: boolean
  /** Reasons: the one that was sent, and whether that was acknowledged. */
  yank: { readonly reason: string; isAcknowledged: boolean } | undefined
}

/** What was sent in all lives of one data directory. */
export interface Record {
  readonly sent: Sent[]
  /** What may be in force: the one that was acknowledged last, and one that was sent since. */
  rules: RuleKind[]
  isRuleChanging: boolean
}

export interface RegistryClient {
  readonly url: string
  readonly token: string
  readonly admin: Admin
  readonly record: Record
}

type Write = (client: RegistryClient) => Promise<void>

/** Each resolves only once the server has said yes to all of it. */
export const registryWrites: readonly Write[] = [
  putGeneric,
  publishAndYank,
  changeRule,
  publishAttested,
  publishAndSign,
]

export function packagesUrl(url: string): string {
  return `${url}/api/v4/projects/1/packages`
}

export function headersOf({ token }: Pick<RegistryClient, 'token'>): { 'private-token': string } {
  return { 'private-token': token }
}

export function placeOf({ fileName, version }: Pick<Sent, 'fileName' | 'version'>): string {
  return `generic/demo/${version}/${fileName}`
}

async function publishAndYank(client: RegistryClient): Promise<void> {
  const file = await publishNew(client, randomInt(2) === 0 ? 'py3-none-any.whl' : '.tar.gz')
  file.yank = { reason: `broken ${file.version}`, isAcknowledged: false }
  const url = `${packagesUrl(client.url)}/pypi/names/demo/versions/${file.version}/yank`
  const headers = { ...headersOf(client), 'content-type': 'application/json' }
  const body = JSON.stringify({ reason: file.yank.reason })
  await expectStatus(fetch(url, { method: 'PUT', headers, body }), 200)
  file.yank.isAcknowledged = true
}

async function publishAttested(client: RegistryClient): Promise<void> {
  const file = newDistribution('py3-none-any.whl')
  const [made] = await attestFiles({
    ...(await signing(client)),
    files: [{ fileName: file.fileName, sha256: sha256(file.bytes) }],
    kinds: ['publish'],
  })
  file.seal = 'maybe'
  await publish(client, file, JSON.stringify([made!.json]))
  file.seal = 'verified'
  file.hasProvenance = true
}

/** As a pipeline of the tutorial does it: the distribution, then its signature and its certificate beside it. */
async function publishAndSign(client: RegistryClient): Promise<void> {
  const file = await publishNew(client, 'py3-none-any.whl')
  const [seal] = await signBlobs({
    ...(await signing(client)),
    blobs: [{ name: file.fileName, sha256: sha256(file.bytes) }],
  })
  const beside = [
    ['.sig', writeSignatureFile(seal!.signature)],
    ['.crt', writeCertificateFile(seal!.chain[0]!)],
  ] as const
  for (const [ending, bytes] of beside) {
    file.seal = 'maybe'
    const { version } = file
    await put(client, newSent({ kind: 'side file', fileName: `${file.fileName}${ending}`, version, bytes }))
  }
  file.seal = 'verified'
}

/** Large enough that a kill finds it under way. */
function putGeneric(client: RegistryClient): Promise<void> {
  const bytes = randomBytes(randomInt(10, 1_000_000))
  return put(client, newSent({ kind: 'generic', fileName: `${newVersion()}.bin`, version: '1.0', bytes }))
}

async function changeRule(client: RegistryClient): Promise<void> {
  const { record } = client
  if (record.isRuleChanging) return putGeneric(client)
  record.isRuleChanging = true
  const kind = record.rules[0] === 'off' ? 'project-identity' : 'off'
  record.rules = [record.rules[0]!, kind]
  const headers = { ...headersOf(client), 'content-type': 'application/json' }
  const body = JSON.stringify({ kind })
  await expectStatus(fetch(`${packagesUrl(client.url)}/pypi/rule`, { method: 'PUT', headers, body }), 202)
  record.rules = [kind]
  record.isRuleChanging = false
}

const http = createHttp({ env: {}, files: systemFiles })

async function signing({ url, admin }: RegistryClient) {
  const { token } = await admin.mintIdToken({ project: 'acme/app', ref: 'main', audience: 'sigstore' })
  const services = { url, http, clock: systemClock }
  return {
    token: new Secret(token),
    authority: createFulcioClient(services),
    log: createRekorClient(services),
    clock: systemClock,
  }
}

async function publishNew(client: RegistryClient, ending: Ending): Promise<Sent> {
  const file = newDistribution(ending)
  await publish(client, file)
  return file
}

async function publish(client: RegistryClient, file: Sent, attestations?: string): Promise<void> {
  client.record.sent.push(file)
  await expectStatus(upload(client, file, attestations), 201)
  file.isAcknowledged = true
}

async function put(client: RegistryClient, file: Sent): Promise<void> {
  client.record.sent.push(file)
  await expectStatus(putFile(client, file), 201)
  file.isAcknowledged = true
}

type Uploading = Pick<RegistryClient, 'url' | 'token'>

/** The upload form of twine, or a generic file. */
export function send(client: Uploading, file: Sent): Promise<Response> {
  return file.kind === 'distribution' ? upload(client, file) : putFile(client, file)
}

function upload(client: Uploading, file: Sent, attestations?: string): Promise<Response> {
  const form = new FormData()
  const fields = { ':action': 'file_upload', name: 'demo', version: file.version, sha256_digest: file.sha256 }
  for (const [name, value] of Object.entries(fields)) form.set(name, value)
  if (attestations !== undefined) form.set('attestations', attestations)
  form.set('content', new Blob([Uint8Array.from(file.bytes)]), file.fileName)
  const init = { method: 'POST', headers: headersOf(client), body: form }
  return fetch(`${packagesUrl(client.url)}/pypi`, init)
}

function putFile(client: Uploading, file: Sent): Promise<Response> {
  const init = { method: 'PUT', headers: headersOf(client), body: Uint8Array.from(file.bytes) }
  return fetch(`${packagesUrl(client.url)}/${placeOf(file)}`, init)
}

type Ending = 'py3-none-any.whl' | '.tar.gz'

function newDistribution(ending: Ending): Sent {
  const version = newVersion()
  const fileName = ending === '.tar.gz' ? `demo-${version}${ending}` : `demo-${version}-${ending}`
  return newSent({ kind: 'distribution', fileName, version, bytes: contentOf(fileName) })
}

function contentOf(fileName: string): Uint8Array {
  return distributionOf(fileName, { content: randomBytes(randomInt(10, 200_000)).toString('base64') })
}

function newVersion(): string {
  return `1.${randomBytes(6).readUIntBE(0, 6)}`
}

/** Another file of that name. */
export function otherOf(file: Sent): Sent {
  const bytes = file.kind === 'distribution' ? contentOf(file.fileName) : randomBytes(20)
  return newSent({ ...file, bytes })
}

function newSent(file: Pick<Sent, 'kind' | 'fileName' | 'version' | 'bytes'>): Sent {
  const { kind, fileName, version, bytes } = file
  const state = { isAcknowledged: false, seal: 'none', hasProvenance: false, yank: undefined } as const
  return { kind, fileName, version, bytes, sha256: digestOf(bytes), ...state }
}

export function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

async function expectStatus(answer: Promise<Response>, status: number): Promise<void> {
  const response = await answer
  const text = await response.text()
  if (response.status !== status) throw new Error(`${response.url} answered ${response.status}: ${text}`)
}
