/** For tests only: a gate on loopback with fixed reports, wheels, and environments as pip leaves them. */
import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join, posix } from 'node:path'
import { sha256Hex, utf8, utf8Decode } from '../../base/index.ts'
import { zipOf } from '../../formats/python/archive/arrange.ts'
import type { FileReport, ReleaseReport, SignerReport } from '../../gate/index.ts'
import { systemClock, systemFiles } from '../../host/index.ts'
import { createHttp } from '../../net/index.ts'
import { audit, type AuditIo, type AuditReport } from './index.ts'

export interface Gate {
  readonly url: string
  /** What was asked for, in order. */
  readonly asked: string[]
  /** By `NAME/VERSION`: a report, or a status. */
  readonly reports: Map<string, ReleaseReport | number>
  /** By file name. */
  readonly files: Map<string, Uint8Array>
  readonly close: () => void
}

export async function openGate(): Promise<Gate> {
  const [asked, reports, files] = [
    [] as string[],
    new Map<string, ReleaseReport | number>(),
    new Map<string, Uint8Array>(),
  ]
  const server = createServer(({ url: path = '' }, response) => {
    asked.push(path)
    const report = reports.get(path.replace('/gate/prod/why/', ''))
    const bytes = path.startsWith('/gate/prod/files/') ? files.get(posix.basename(path)) : undefined
    if (typeof report === 'object') response.end(JSON.stringify(report))
    else if (bytes !== undefined) response.end(bytes)
    else response.writeHead(report ?? 404).end('{"message": "fixed"}')
  })
  await listening(server)
  const close = (): void => {
    server.closeAllConnections()
    server.close()
  }
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/gate/prod`, asked, reports, files, close }
}

async function listening(server: Server): Promise<void> {
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done)
  })
}

export const SIGNER: SignerReport = {
  identity: 'https://gitlab.com/acme/demo//.gitlab-ci.yml@refs/tags/v1.0',
  issuer: 'https://gitlab.com',
  claims: {
    sourceRepositoryUri: 'https://gitlab.com/acme/demo',
    buildConfigUri: 'https://gitlab.com/acme/demo//.gitlab-ci.yml@refs/tags/v1.0',
  },
  signedAt: '2026-01-01T00:00:00Z',
  logIndex: 3,
}

/** A file that the gate serves, sealed. */
export function fileReport(fileName: string, changes: Partial<FileReport> = {}): FileReport {
  return {
    fileName,
    sha256: sha256Hex(utf8(fileName)),
    upstreamUrl: `https://index.example/files/${fileName}`,
    url: `https://index.example/files/${fileName}`,
    uploadedAt: '2026-01-01T00:00:00Z',
    uploadedAtIs: 'said',
    outcome: 'allowed',
    grounds: [],
    signer: SIGNER,
    notes: [],
    ...changes,
  }
}

export function refusedFile(fileName: string, code: string, fact: string): FileReport {
  return fileReport(fileName, { outcome: 'refused', code, grounds: [{ code, fact }] })
}

export function unsealed({ signer: _signer, ...file }: FileReport): FileReport {
  return file
}

export function releaseReport(name: string, version: string, files: readonly FileReport[]): ReleaseReport {
  return {
    gate: 'prod',
    mode: 'enforce',
    name,
    version,
    upstream: 'pypi',
    outcome: 'allowed',
    rule: 'rule 1 of policy.toml',
    policySha256: 'a'.repeat(64),
    states: [],
    files,
    servedInstead: null,
    pins: [],
    next: [],
  }
}

export interface AuditChanges {
  readonly writeIdentities?: boolean
  readonly signal?: AbortSignal
}

export function auditAt(
  gate: Pick<Gate, 'url'>,
  target: string,
  changes: AuditChanges = {},
): Promise<AuditReport> {
  const io: AuditIo = {
    http: createHttp({ env: {}, files: systemFiles }),
    clock: { ...systemClock, sleep: (_ms, signal) => systemClock.sleep(1, signal) },
    files: systemFiles,
    standardInput: () => {
      throw new Error('nothing is read from standard input')
    },
    signal: changes.signal ?? new AbortController().signal,
  }
  const url = { url: gate.url, name: 'prod', from: '--gate' }
  return audit({ target, gate: url, writeIdentities: changes.writeIdentities === true }, io)
}

export type FileTexts = Readonly<Record<string, string>>

export interface Wheel {
  readonly fileName: string
  readonly name: string
  readonly version: string
  readonly bytes: Uint8Array
  readonly members: FileTexts
}

const digestOf = (text: string): string => createHash('sha256').update(text).digest('base64url')
const rowOf = (path: string, text: string): string =>
  `${path},sha256=${digestOf(text)},${utf8(text).length}\n`

/** `files` beside METADATA and WHEEL. */
export function wheelOf(
  name: string,
  version: string,
  { files, tags = ['py3-none-any'] }: { readonly files: FileTexts; readonly tags?: readonly string[] },
): Wheel {
  const info = `${name}-${version}.dist-info`
  const parts = tags.map((tag) => tag.split('-'))
  const [python, abi, platform] = [0, 1, 2].map((index) =>
    [...new Set(parts.map((part) => part[index] ?? ''))].join('.'),
  )
  const own: FileTexts = {
    ...files,
    [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n\nName: other\n`,
    [`${info}/WHEEL`]: `Wheel-Version: 1.0\nRoot-Is-Purelib: true\n${tags.map((tag) => `Tag: ${tag}\n`).join('')}`,
  }
  const record = Object.entries(own).map(([path, text]) => rowOf(path, text))
  const members = { ...own, [`${info}/RECORD`]: `${record.join('')}${info}/RECORD,,\n` }
  return {
    fileName: `${name}-${version}-${python}-${abi}-${platform}.whl`,
    name,
    version,
    bytes: zipOf(Object.entries(members).map(([path, content]) => ({ name: path, content }))),
    members,
  }
}

export function serve({ reports, files, url }: Gate, wheel: Wheel, changes: Partial<FileReport> = {}): void {
  const { fileName, name, version, bytes } = wheel
  const file = fileReport(fileName, {
    sha256: sha256Hex(bytes),
    url: `${url}/files/pypi/ab/${fileName}`,
    ...changes,
  })
  reports.set(`${name}/${version}`, releaseReport(name, version, [file]))
  files.set(fileName, bytes)
}

export const SITE = 'lib/python3.11/site-packages'

/** As pip leaves it; `extra` is written and recorded too, by paths from the root. */
export async function install(
  root: string,
  { name, version, members }: Wheel,
  extra: FileTexts = {},
): Promise<void> {
  const info = `${SITE}/${name}-${version}.dist-info`
  const placed = Object.entries(members)
    .filter(([path]) => !path.endsWith('/RECORD'))
    .map(([path, text]) => installed(path, text))
  const all = [...placed, [`${info}/INSTALLER`, 'pip\n'] as const, ...Object.entries(extra)]
  const rows = all.map(([path, text]) => rowOf(posix.relative(SITE, path), text))
  const record = `${rows.join('')}${posix.relative(SITE, info)}/RECORD,,\n`
  for (const [path, text] of [...all, [`${info}/RECORD`, record] as const]) await place(root, path, text)
  await place(root, 'pyvenv.cfg', 'home = /usr/bin\n')
}

function installed(path: string, text: string): readonly [string, string] {
  const [, scheme = '', rest = ''] = /^[^/]+\.data\/([^/]+)\/(.+)$/.exec(path) ?? []
  if (scheme === 'scripts') return [`bin/${rest}`, text.replace(/^#!python/, '#!/venv/bin/python')]
  return [scheme === 'data' ? rest : `${SITE}/${path}`, text]
}

export async function place(root: string, path: string, text: string): Promise<void> {
  await mkdir(join(root, dirname(path)), { recursive: true })
  await writeFile(join(root, path), text)
}

export async function textAt(root: string, path: string): Promise<string> {
  return utf8Decode(await systemFiles.read(join(root, path), 1 << 20))
}
