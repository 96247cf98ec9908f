import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { utf8, utf8Decode, type Clock, type Entropy } from '../base/index.ts'
import { certificatePem, parseCertificatesPem } from '../formats/x509/index.ts'
import { readKeyFile, systemFiles, writeKeyFile } from '../host/index.ts'
import { createCertificateAuthority } from '../trust/authority/index.ts'
import { appErrors } from './errors.ts'

export interface InstanceKeys {
  /** RSA 2048: signs id tokens. */
  readonly issuer: KeyObject
  /** P-256: signs certificates; its certificate stands under the root. */
  readonly intermediate: KeyObject
  /** P-256: signs certificate timestamps. */
  readonly ct: KeyObject
  /** P-256: signs entry timestamps and checkpoints. */
  readonly rekor: KeyObject
  /** DER, the intermediate and then the root. */
  readonly chain: readonly [Uint8Array, Uint8Array]
}

const ONLINE_KEYS = ['issuer', 'intermediate', 'ct', 'rekor'] as const
const CHAIN_FILE = 'certificates/authority.pem'
const MAX_CHAIN_BYTES = 64 * 1024

/** Makes every key and certificate of a new instance below `path`. Key files are their owner's only. */
export async function createKeys(
  path: string,
  ports: { clock: Clock; entropy: Entropy; name: string },
): Promise<void> {
  const { root, intermediate } = createCertificateAuthority(ports)
  await mkdir(join(path, 'keys'), { mode: 0o700 })
  await mkdir(join(path, 'certificates'))
  const keys: Readonly<Record<string, KeyObject>> = {
    issuer: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
    root: root.key,
    intermediate: intermediate.key,
    ct: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
    rekor: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  }
  for (const [name, key] of Object.entries(keys)) await writeKeyFile(keyPath(path, name), key)
  const chain = certificatePem(intermediate.certificate) + certificatePem(root.certificate)
  await systemFiles.writeAtomic(join(path, CHAIN_FILE), utf8(chain))
}

/** The keys that a running server needs; the root's key stays where it is. Throws `host.key-file`, `app.data-format`. */
export async function loadKeys(path: string): Promise<InstanceKeys> {
  const [issuer, intermediate, ct, rekor] = await Promise.all(
    ONLINE_KEYS.map((name) => readKeyFile(keyPath(path, name))),
  )
  const pem = utf8Decode(await systemFiles.read(join(path, CHAIN_FILE), MAX_CHAIN_BYTES))
  const [first, second] = parseCertificatesPem(pem)
  if (!issuer || !intermediate || !ct || !rekor || first === undefined || second === undefined) {
    throw appErrors('app.data-format', `${path}/${CHAIN_FILE} does not hold an intermediate and a root`)
  }
  return { issuer, intermediate, ct, rekor, chain: [first.der, second.der] }
}

function keyPath(path: string, name: string): string {
  return join(path, 'keys', `${name}.pem`)
}
