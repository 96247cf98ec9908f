import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import {
  describeError,
  readCapped,
  Secret,
  utf8,
  utf8Decode,
  type Entropy,
  type Files,
} from '../../base/index.ts'
import { formatBundle, writeCertificateFile, writeSignatureFile } from '../../formats/sigstore/index.ts'
import { createFulcioClient, createRekorClient, createTimestampClient } from '../../net/index.ts'
import {
  readToken,
  signBlobs,
  signErrors,
  type SignedBlob,
  type SignRequest,
  type TokenIdentity,
} from '../../sign/index.ts'
import type { TrustRoot } from '../../verify/index.ts'
import type { VerifyIo } from '../verify/index.ts'
import { trustRootReader } from '../verify/readers.ts'
import { loadTrust } from '../verify/trust-start.ts'
import { appSignErrors } from './errors.ts'
import type { SignPlan, TokenChoice } from './plan.ts'
import { serviceUrls, type ServiceUrls } from './services.ts'
import { targetsOf, type Target } from './targets.ts'
import { writeTogether, type Output } from './write-together.ts'

const AUDIENCE = 'sigstore'
const MAX_TOKEN_BYTES = 16 << 10

export interface SignIo extends VerifyIo {
  readonly entropy: Entropy
  /** Of the process; touched only when a token comes by it: a job's script may come by it too. */
  readonly standardInput: () => AsyncIterable<Uint8Array>
}

export interface SealedFile {
  readonly file: string
  readonly sha256: Uint8Array
  readonly logIndex: number
  /** Paths of what was written. */
  readonly seal: readonly string[]
}

export interface SignResult {
  readonly files: readonly SealedFile[]
  /** Files that were named and are seals of others, which is why they are not signed. */
  readonly leftOut: readonly string[]
  readonly services: ServiceUrls
  readonly checked: 'by the trust root' | 'not by a trust root'
}

/**
 * Signs all files and writes their seals, or none. `onToken` is called before anybody is asked. Throws `sign.…`,
 * `net.…`, `app.sign-…`, `host.file`.
 */
export async function signFiles(
  plan: SignPlan,
  io: SignIo,
  onToken: (identity: TokenIdentity) => void,
): Promise<SignResult> {
  const targets = targetsOf(plan)
  const token = await tokenOf(plan.token, io)
  onToken(readToken(token, { audience: AUDIENCE, clock: io.clock }))
  const services = await serviceUrls(plan.services, io)
  const trustRoot = await trustOf(plan, io)
  const blobs: SignRequest['blobs'][number][] = []
  for (const { path } of targets) blobs.push({ name: path, sha256: await hashFile(path, io.files) })
  const signed = await signBlobs({
    blobs,
    token,
    audience: AUDIENCE,
    clock: io.clock,
    ...clientsOf(services, io),
    ...(trustRoot === undefined ? {} : { trustRoot }),
  })
  const sealed = targets.map((target, at) => sealedFile(target, blobs[at]?.sha256, signed[at]))
  await write(
    sealed.flatMap(({ outputs }) => outputs),
    plan,
    io,
  )
  const signedPaths = new Set(targets.map(({ path }) => path))
  return {
    files: sealed.map(({ file }) => file),
    leftOut: plan.files.filter((path) => !signedPaths.has(path)),
    services,
    checked: trustRoot === undefined ? 'not by a trust root' : 'by the trust root',
  }
}

async function tokenOf(choice: TokenChoice, { files, standardInput }: SignIo): Promise<Secret> {
  if (choice.kind === 'environment') {
    if (choice.text === '')
      throw signErrors(
        'sign.token-missing',
        'neither --identity-token-file nor SIGSTORE_ID_TOKEN gives an id token',
      )
    return new Secret(choice.text)
  }
  const { path } = choice
  try {
    // Not by the name of a device: where a program pipes, it may be a socket, which cannot be opened.
    const bytes =
      path === '-' ? readCapped(standardInput(), MAX_TOKEN_BYTES) : files.read(path, MAX_TOKEN_BYTES)
    return new Secret(utf8Decode(await bytes).trim())
  } catch (cause) {
    throw signErrors('sign.token-missing', `--identity-token-file ${path}: ${describeError(cause)}`, {
      cause,
    })
  }
}

async function trustOf({ trust }: SignPlan, io: SignIo): Promise<TrustRoot | undefined> {
  if (trust === undefined) return undefined
  const { trustRoot } = await loadTrust({ trust, network: 'allowed' }, io, trustRootReader)
  return trustRoot
}

function clientsOf(
  { fulcio, rekor, tsa }: ServiceUrls,
  io: SignIo,
): Pick<SignRequest, 'authority' | 'log' | 'timestamps'> {
  return {
    authority: createFulcioClient({ ...io, url: fulcio }),
    log: createRekorClient({ ...io, url: rekor }),
    ...(tsa === undefined ? {} : { timestamps: createTimestampClient({ ...io, url: tsa }) }),
  }
}

async function hashFile(path: string, files: Files): Promise<Uint8Array> {
  const hash = createHash('sha256')
  for await (const part of files.stream(path)) hash.update(part)
  return new Uint8Array(hash.digest())
}

interface Sealed {
  readonly file: SealedFile
  readonly outputs: readonly Output[]
}

function sealedFile(
  { path, bundle, legacy }: Target,
  sha256: Uint8Array | undefined,
  signed: SignedBlob | undefined,
): Sealed {
  const [certificate] = signed?.chain ?? []
  if (sha256 === undefined || signed === undefined || certificate === undefined)
    throw new TypeError('a file without its seal')
  const outputs: Output[] = [[bundle, bundleFile(sha256, certificate, signed)]]
  if (legacy !== undefined)
    outputs.push(
      [legacy.signature, writeSignatureFile(signed.signature)],
      [legacy.certificate, writeCertificateFile(certificate)],
    )
  const seal = outputs.map(([place]) => place)
  return { file: { file: path, sha256, logIndex: signed.entry.logIndex, seal }, outputs }
}

function bundleFile(
  sha256: Uint8Array,
  certificate: Uint8Array,
  { signature, entry, timestamp }: SignedBlob,
): Uint8Array {
  const bundle = formatBundle({
    signature,
    certificate,
    digest: { algorithm: 'sha256', digest: sha256 },
    entries: [{ ...entry, kindVersion: 'hashedrekord 0.0.1' }],
    timestamps: timestamp === undefined ? [] : [timestamp],
  })
  return utf8(`${JSON.stringify(bundle)}\n`)
}

async function write(
  outputs: readonly Output[],
  { bundleFolder }: SignPlan,
  { files }: SignIo,
): Promise<void> {
  try {
    if (bundleFolder !== undefined) await mkdir(bundleFolder, { recursive: true })
  } catch (cause) {
    throw appSignErrors('app.sign-write', describeError(cause), { cause })
  }
  await writeTogether(outputs, files)
}
