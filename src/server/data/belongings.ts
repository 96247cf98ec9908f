import { sign, type KeyObject } from 'node:crypto'
import { join } from 'node:path'
import {
  bytesEqual,
  describeError,
  encodeBase64,
  parseJson,
  sha256Hex,
  utf8,
  utf8Decode,
  type JsonValue,
} from '../../base/index.ts'
import { trustedRoot } from '../../formats/sigstore/index.ts'
import {
  certificateTreeLeaf,
  isSignedBy,
  parseCertificate,
  type Certificate,
  parsePublicKeyPem,
  publicKeyPem,
  spkiOf,
  verifyWithSpki,
} from '../../formats/x509/index.ts'
import { readKeyFile, systemFiles } from '../../host/index.ts'
import type { TufRepository } from '../../trust/tuf/index.ts'
import { originOf } from '../../trust/rekor/index.ts'
import type { Instance } from './data-directory.ts'
import { serverErrors } from '../errors.ts'
import { certificateFiles, keyPath, ROOT_KEYS, type InstanceKeys } from '../keys/keys.ts'
import { rekorNames, type Logs } from '../sigstore/logs.ts'
import { instanceTrust } from '../sigstore/tuf-repository.ts'

interface Belongings {
  /** The data directory. */
  readonly path: string
  readonly instance: Instance
  readonly keys: InstanceKeys
}

/**
 * Whether what lies in a data directory is of one instance: keys, chains, and what clients were told to trust. A server
 * that starts with another key signs what every client refuses. Throws `server.data-mismatch`, with the file.
 */
export async function checkBelongings(parts: ToldParts): Promise<void> {
  checkChains(parts)
  await checkToldTrust(parts)
  await checkRootKeys(parts)
}

function mismatch(file: string, reason: string): Error {
  return serverErrors('server.data-mismatch', `${file} ${reason}`)
}

/** By a signature: in a damaged file the two halves of a key need not fit each other. */
function isKeyOf(key: KeyObject, spki: Uint8Array): boolean {
  const message = utf8('is this the key?')
  try {
    return verifyWithSpki(spki, message, new Uint8Array(sign('sha256', message, key)))
  } catch {
    return false
  }
}

function checkChains({ path, keys }: Belongings): void {
  const chains = [
    ['intermediate', keys.intermediate, keys.chain],
    ['tsa', keys.tsa, keys.tsaChain],
  ] as const
  for (const [index, [name, key, chain]] of chains.entries()) {
    const file = join(path, certificateFiles[index] ?? '')
    const [first, root] = chain.map((der) => readable(file, der))
    if (first === undefined || root === undefined || !isIssuedBy(first, root))
      throw mismatch(file, 'contains a certificate that is not signed by the next one')
    if (!isKeyOf(key, first.spki))
      throw mismatch(keyPath(path, name), `is not the key of the first certificate in ${file}`)
  }
}

function readable(file: string, der: Uint8Array): Certificate {
  try {
    return parseCertificate(der)
  } catch (cause) {
    throw mismatch(file, `contains an unreadable certificate: ${describeError(cause)}`)
  }
}

function isIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
  return bytesEqual(certificate.issuerDer, issuer.subjectDer) && isSignedBy(certificate, issuer.spki)
}

/** With what clients fetch by TUF, whose signatures and digests were looked at when it was opened. */
async function checkToldTrust({ path, instance, keys, repository }: ToldParts): Promise<void> {
  for (const [name, target] of [
    ['rekor', 'rekor.pub'],
    ['ct', 'ctfe.pub'],
  ] as const) {
    const told = await repository.target(target)
    if (told !== undefined && !isKeyOf(keys[name], parsePublicKeyPem(utf8Decode(told))))
      throw mismatch(keyPath(path, name), `is not the key that clients trust: tuf/ has another ${target}`)
  }
  if (!isKeyOf(keys.tuf, spkiOf(keys.tuf))) throw mismatch(keyPath(path, 'tuf'), 'is damaged')
  const told = await repository.target('trusted_root.json')
  if (told !== undefined) checkTrustedRoot(textsOf(parseJson(utf8Decode(told))), { path, instance, keys })
}

function checkTrustedRoot(told: ReadonlySet<string>, { path, instance, keys }: Belongings): void {
  const chains = [keys.chain, keys.tsaChain]
  for (const [index, file] of certificateFiles.entries()) {
    if (chains[index]?.every((der) => told.has(encodeBase64(der))) === true) continue
    throw mismatch(
      join(path, file),
      'differs from the certificate in the trusted_root.json that clients trust',
    )
  }
  const own = textsOf(trustedRoot(instanceTrust(instance, keys)))
  if ([...own].every((text) => told.has(text))) return
  throw mismatch(join(path, 'instance.json'), 'has another URL or creation time than tuf/')
}

type ToldParts = Belongings & { readonly repository: TufRepository }

/** Every text in it: where something stands may change from version to version, what is told does not. */
function textsOf(json: JsonValue): ReadonlySet<string> {
  const texts = new Set<string>()
  const collect = (value: JsonValue): void => {
    if (typeof value === 'string') texts.add(value)
    else if (typeof value === 'object' && value !== null) for (const one of Object.values(value)) collect(one)
  }
  collect(json)
  return texts
}

/** They are needed some day, and may be elsewhere; one that is here and damaged is better noticed now. */
async function checkRootKeys({ path, keys, repository }: ToldParts): Promise<void> {
  const belongs: Readonly<Record<(typeof ROOT_KEYS)[number], (key: KeyObject) => boolean>> = {
    root: (key) => isKeyOf(key, parseCertificate(keys.chain[1]).spki),
    'tsa-root': (key) => isKeyOf(key, parseCertificate(keys.tsaChain[1]).spki),
    'tuf-root': (key) => repository.lists('root', key) && isKeyOf(key, spkiOf(key)),
    'tuf-targets': (key) => repository.lists('targets', key) && isKeyOf(key, spkiOf(key)),
  }
  for (const name of ROOT_KEYS) {
    const file = keyPath(path, name)
    if (!(await systemFiles.exists(file))) continue
    if (!belongs[name](await readKeyFile(file)))
      throw serverErrors('server.data-mismatch', `${file} is not the key of this instance`, {
        hint: 'restore it from a copy, or move it out of the data directory: the server runs without it',
      })
  }
}

/** The first entry of each log says whose it is. Throws `server.data-mismatch`, with the folder. */
export async function checkBeginnings({ path, instance, keys, logs }: Belongings & { readonly logs: Logs }) {
  const { leaf } = (await logs.rekor.entry(0)) ?? {}
  if (leaf === undefined || !isRekorBeginning(leaf, { instance, keys }))
    throw mismatch(
      join(path, 'logs/rekor'),
      'is the log of another key, or has another tree id than instance.json',
    )
  const first = await logs.ct.entry(0)
  const [, root] = keys.chain
  if (first === undefined || !sameButTime(first.leaf, certificateTreeLeaf(0, root)))
    throw mismatch(join(path, 'logs/ct'), 'is the log of another authority than certificates/authority.pem')
}

/** All but its signature, which no two signings make alike. */
function isRekorBeginning(
  leaf: Uint8Array,
  { instance, keys }: Pick<Belongings, 'instance' | 'keys'>,
): boolean {
  const texts = textsOf(parseJson(utf8Decode(leaf)))
  const digest = sha256Hex(utf8(originOf(rekorNames(instance))))
  return texts.has(digest) && texts.has(encodeBase64(utf8(publicKeyPem(spkiOf(keys.rekor)))))
}

/** RFC 6962 §3.4: two bytes of version and kind, then eight of time. */
function sameButTime(leaf: Uint8Array, other: Uint8Array): boolean {
  return (
    bytesEqual(leaf.subarray(0, 2), other.subarray(0, 2)) && bytesEqual(leaf.subarray(10), other.subarray(10))
  )
}
