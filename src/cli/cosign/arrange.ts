/** For tests only: the trust services themselves, in memory, behind the Http port; and a terminal that is a list. */
import { createPublicKey, generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'
import type { Files, Http, HttpRequest, HttpResponse, Log } from '../../base/index.ts'
import { readCapped, utf8, utf8Decode, WheelsealError } from '../../base/index.ts'
import { certificatePem, publicKeyPem } from '../../formats/x509/index.ts'
import { fulcioRoutes, rekorRoutes } from '../../http/index.ts'
import { verifyIdToken, type IdTokenJob } from '../../identity/index.ts'
import { arrangeLog } from '../../log/arrange.ts'
import type { TransparencyLog } from '../../log/index.ts'
import { netErrors } from '../../net/index.ts'
import { createAuthority, createCertificateAuthority } from '../../trust/authority/index.ts'
import { createCtLog, ctGenesis, ctKeysOf } from '../../trust/ct/index.ts'
import { createIssuer, createKeyRing } from '../../trust/issuer/index.ts'
import { createRekor, rekorGenesis } from '../../trust/rekor/index.ts'
import type { CosignIo, Output } from './io.ts'

export const NOW = 1_900_000_000
export const ISSUER = 'https://gitlab.example'
export const SAN = 'https://gitlab.example/acme/app//.gitlab-ci.yml@refs/heads/main'
export const FULCIO = 'http://fulcio.test'
export const REKOR = 'http://rekor.test'

/** Moves only when a test or a pause moves it. */
export const clock = {
  seconds: NOW,
  nowMs: () => clock.seconds * 1000,
  sleep: async (ms: number) => {
    clock.seconds += ms / 1000
  },
}
const entropy = { bytes: (length: number) => new Uint8Array(randomBytes(length)), uuid: () => randomUUID() }
const silent: Log = { event: () => undefined, failure: () => undefined }

const subject: IdTokenJob = {
  project: { id: 7, path: 'acme/app', namespaceId: 3, namespacePath: 'acme', visibility: 'private' },
  user: { id: 2, login: 'ada', email: 'ada@example.test', accessLevel: 'maintainer' },
  pipeline: { id: 9, source: 'push' },
  job: { id: 11 },
  ref: { name: 'main', type: 'branch', isProtected: true },
  sha: 'ab'.repeat(20),
  configPath: '.gitlab-ci.yml',
  runner: { id: 1, environment: 'self-hosted' },
}

async function ctTree(root: Uint8Array): Promise<TransparencyLog> {
  return (await arrangeLog({ clock, keysOf: ctKeysOf, genesis: ctGenesis(root, clock.nowMs()) })).log
}

export interface Sigstore {
  readonly http: Http
  /** The texts of the files that `SIGSTORE_*` name. */
  readonly pem: { readonly roots: string; readonly rekor: string; readonly ct: string }
  readonly asked: string[]
  token(changes?: { readonly audience?: string; readonly lifetimeSeconds?: number }): Promise<string>
}

/** A private Sigstore; two of them trust each other in nothing. */
export async function openSigstore(): Promise<Sigstore> {
  const issuerKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const ring = createKeyRing({ current: issuerKey })
  const issuer = createIssuer({ url: ISSUER, keys: () => ring, clock, entropy })
  const [ctKey, rekorKey] = [newKey(), newKey()]
  const { root, intermediate } = createCertificateAuthority({ clock, entropy, name: 'example.test' })
  const authority = createAuthority({
    chain: [intermediate.certificate, root.certificate],
    key: intermediate.key,
    ct: createCtLog({ log: await ctTree(root.certificate), key: ctKey }),
    verifyToken: (token) =>
      verifyIdToken(token, {
        audience: 'sigstore',
        clock,
        issuers: (iss) => (iss === ISSUER ? issuer.publicKey : undefined),
      }),
    clock,
    entropy,
  })
  const names = { key: rekorKey, treeId: 17n, name: 'rekor.test' }
  const { log } = await arrangeLog({ clock, genesis: { leaf: rekorGenesis(names) } })
  const rekor = createRekor({ ...names, log, acceptsKey: () => undefined })
  const apps = new Map([
    [FULCIO, fulcioRoutes(authority, silent)],
    [REKOR, rekorRoutes(rekor, silent)],
  ])
  const asked: string[] = []
  const http: Http = {
    request: async (request) => {
      const { origin, pathname } = new URL(request.url)
      asked.push(`${request.method} ${pathname}`)
      const app = apps.get(origin)
      if (app === undefined) throw netErrors('net.unreachable', `${origin}: nobody there`)
      return answerOf(await app.request(request.url, await initOf(request)))
    },
  }
  return {
    http,
    asked,
    pem: {
      roots: [intermediate, root].map(({ certificate }) => certificatePem(certificate)).join(''),
      rekor: rekor.publicKeyPem,
      ct: publicKeyPem(createPublicKey(ctKey).export({ type: 'spki', format: 'der' })),
    },
    token: async ({ audience = 'sigstore', lifetimeSeconds = 3600 } = {}) =>
      (await issuer.mint(subject, { audience, lifetimeSeconds })).reveal(),
  }
}

function newKey(): ReturnType<typeof generateKeyPairSync>['privateKey'] & object {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
}

async function initOf({ method, headers, body }: HttpRequest): Promise<RequestInit> {
  const bytes = body === undefined || body instanceof Uint8Array ? body : await readCapped(body, 1 << 20)
  return {
    method,
    headers: { ...headers },
    ...(bytes === undefined ? {} : { body: Buffer.from(bytes) }),
  }
}

async function answerOf(response: Response): Promise<HttpResponse> {
  const whole = new Uint8Array(await response.arrayBuffer())
  async function* body(): AsyncGenerator<Uint8Array> {
    yield whole
  }
  const bytes = (maxBytes: number): Promise<Uint8Array> => readCapped(body(), maxBytes)
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: body(),
    bytes,
    text: async (maxBytes) => utf8Decode(await bytes(maxBytes)),
  }
}

export interface Session extends CosignIo {
  /** What standard input gives. */
  readonly input: Uint8Array[]
  readonly disk: Map<string, Uint8Array>
  /** What was said, in one text each. */
  out(): string
  err(): string
  isHidden(): boolean
}

/** A terminal, a disk and an environment in memory, aimed at the services as `wheelseal trust export` does it. */
export function openSession(sigstore: Sigstore, env: Readonly<Record<string, string>> = {}): Session {
  const disk = new Map<string, Uint8Array>([
    ['roots.pem', utf8(sigstore.pem.roots)],
    ['rekor.pub', utf8(sigstore.pem.rekor)],
    ['ct.pub', utf8(sigstore.pem.ct)],
    ['demo.whl', utf8('the bytes of a wheel')],
  ])
  const said = { out: '', err: '', isHidden: false }
  const input: Uint8Array[] = []
  const files = memoryFiles(disk)
  return {
    disk,
    input,
    clock,
    entropy,
    files,
    http: sigstore.http,
    cacheFolder: '/nowhere/cache',
    dataFolder: '/nowhere/data',
    standardInput: async function* standardInput() {
      yield* input
    },
    writeOutputs: (outputs) => writeAll(outputs, files),
    env: {
      SIGSTORE_ROOT_FILE: 'roots.pem',
      SIGSTORE_REKOR_PUBLIC_KEY: 'rekor.pub',
      SIGSTORE_CT_LOG_PUBLIC_KEY_FILE: 'ct.pub',
      COSIGN_REKOR_URL: REKOR,
      COSIGN_FULCIO_URL: FULCIO,
      ...env,
    },
    stdout: (content) => void (said.out += typeof content === 'string' ? content : utf8Decode(content)),
    stderr: (text) => void (said.err += text),
    hideArguments: () => void (said.isHidden = true),
    out: () => said.out,
    err: () => said.err,
    isHidden: () => said.isHidden,
  }
}

async function writeAll(outputs: readonly Output[], files: Files): Promise<void> {
  // A disk that fills up, as all or none is tested with the real one.
  if (outputs.some(({ path }) => path.startsWith('full/'))) throw new Error('the disk is full')
  for (const { path, bytes } of outputs) await files.writeAtomic(path, bytes)
}

function memoryFiles(disk: Map<string, Uint8Array>): Files {
  const read = (path: string): Uint8Array => {
    const bytes = disk.get(path)
    if (bytes !== undefined) return bytes
    throw new WheelsealError('host.file', `${path}: no such file`, {
      status: 500,
      exit: 1,
      summary: 'no such file',
      hint: 'look',
    })
  }
  return {
    read: async (path) => read(path),
    async *stream(path) {
      yield read(path)
    },
    readIfThere: async (path) => disk.get(path),
    exists: async (path) => disk.has(path),
    writeAtomic: async (path, bytes) => {
      disk.set(path, bytes)
    },
    remove: async (path) => void disk.delete(path),
  }
}
