import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describeError, utf8, utf8Decode, type Clock, type Entropy } from '../../base/index.ts'
import { certificatePem, parseCertificatesPem } from '../../formats/x509/index.ts'
import { readKeyFile, systemFiles, writeKeyFile } from '../../host/index.ts'
import { createCertificateAuthority } from '../../trust/authority/index.ts'
import { createTimestampAuthority } from '../../trust/tsa/index.ts'
import { serverErrors } from '../errors.ts'
import { newIssuerKey } from './issuer-keys.ts'

/** DER: the certificate that signs, and the root that it stands under. */
type Chain = readonly [Uint8Array, Uint8Array]

export interface InstanceKeys {
  /** P-256: signs certificates; its certificate stands under the root. */
  readonly intermediate: KeyObject
  /** P-256: signs certificate timestamps. */
  readonly ct: KeyObject
  /** P-256: signs entry timestamps and checkpoints. */
  readonly rekor: KeyObject
  /** P-256: signs timestamps. */
  readonly tsa: KeyObject
  /** P-256: signs snapshots and timestamps of the TUF repository. */
  readonly tuf: KeyObject
  readonly chain: Chain
  readonly tsaChain: Chain
}

const ONLINE_KEYS = ['intermediate', 'ct', 'rekor', 'tsa', 'tuf'] as const
/** Those that sign what a running server never signs; `trust offline` takes them away. */
export const ROOT_KEYS = ['root', 'tsa-root', 'tuf-root', 'tuf-targets'] as const
const CHAIN_FILE = 'certificates/authority.pem'
const TSA_CHAIN_FILE = 'certificates/tsa.pem'
/** Below the data directory. */
export const onlineKeyFiles: readonly string[] = ONLINE_KEYS.map((name) => keyPath('', name))
export const certificateFiles: readonly string[] = [CHAIN_FILE, TSA_CHAIN_FILE]
const MAX_CHAIN_BYTES = 64 * 1024

/** Makes every key and certificate of a new instance below `path`. Key files are their owner's only. */
export async function createKeys(
  path: string,
  ports: { clock: Clock; entropy: Entropy; name: string },
): Promise<void> {
  const authority = createCertificateAuthority(ports)
  const timestamps = createTimestampAuthority(ports)
  await mkdir(join(path, 'keys'), { mode: 0o700 })
  await mkdir(join(path, 'certificates'))
  const keys: Readonly<Record<string, KeyObject>> = {
    issuer: await newIssuerKey(),
    root: authority.root.key,
    intermediate: authority.intermediate.key,
    ct: newKey(),
    rekor: newKey(),
    'tsa-root': timestamps.root.key,
    tsa: timestamps.leaf.key,
    'tuf-root': newKey(),
    'tuf-targets': newKey(),
    tuf: newKey(),
  }
  for (const [name, key] of Object.entries(keys)) await writeKeyFile(keyPath(path, name), key)
  await writeChain(join(path, CHAIN_FILE), [authority.intermediate.certificate, authority.root.certificate])
  await writeChain(join(path, TSA_CHAIN_FILE), [timestamps.leaf.certificate, timestamps.root.certificate])
}

/** The keys that a running server needs beside those of its issuer; those of the roots stay where they are. Throws `host.key-file`, `server.data-format`. */
export async function loadKeys(path: string): Promise<InstanceKeys> {
  const [intermediate, ct, rekor, tsa, tuf] = await Promise.all(
    ONLINE_KEYS.map((name) => readKeyFile(keyPath(path, name))),
  )
  const chain = await readChain(join(path, CHAIN_FILE))
  const tsaChain = await readChain(join(path, TSA_CHAIN_FILE))
  if (!intermediate || !ct || !rekor || !tsa || !tuf) throw new Error('a key is missing')
  return { intermediate, ct, rekor, tsa, tuf, chain, tsaChain }
}

/** The keys of the TUF root and targets, which a running server never needs. Throws `host.key-file`. */
export async function loadRootKeys(path: string): Promise<{ root: KeyObject; targets: KeyObject }> {
  return {
    root: await readKeyFile(keyPath(path, 'tuf-root')),
    targets: await readKeyFile(keyPath(path, 'tuf-targets')),
  }
}

async function writeChain(path: string, chain: Chain): Promise<void> {
  await systemFiles.writeAtomic(path, utf8(chain.map((der) => certificatePem(der)).join('')))
}

async function readChain(path: string): Promise<Chain> {
  const pem = utf8Decode(await systemFiles.read(path, MAX_CHAIN_BYTES))
  try {
    const [first, root, ...others] = parseCertificatesPem(pem)
    if (first !== undefined && root !== undefined && others.length === 0) return [first.der, root.der]
  } catch (cause) {
    throw serverErrors('server.data-format', `${path}: ${describeError(cause)}`, { cause })
  }
  throw serverErrors('server.data-format', `${path} does not hold two certificates`)
}

function newKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
}

export function keyPath(path: string, name: string): string {
  return join(path, 'keys', `${name}.pem`)
}
