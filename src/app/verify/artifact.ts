import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { sha256, WheelsealError, type Files } from '../../base/index.ts'
import type { DigestAlgorithm, SealParts } from '../../formats/sigstore/index.ts'
import { parseCertificate, parsePublicKey } from '../../formats/x509/index.ts'
import type { Artifact, Policy } from '../../verify/index.ts'
import type { Target } from './plan.ts'

/** Signatures of Ed25519 are over the file itself, which is then read as a whole. */
const MAX_BYTES_IN_MEMORY = 1 << 30

/** A signature over bytes is checked faster than one over a digest, by what hashing so many once more takes. */
const SMALL_BYTES = 256 << 10

interface Needs {
  readonly algorithms: ReadonlySet<DigestAlgorithm>
  readonly isFileNeeded: boolean
}

const DIGEST_OF_KEY: Readonly<Record<string, DigestAlgorithm>> = { 'P-384': 'sha384', 'P-521': 'sha512' }

/** What is known of a file, as its seals need it: a large one streams by once. Throws `host.file`. */
export async function artifactOf(
  target: Target,
  {
    seals,
    key,
    policy,
    files,
  }: {
    readonly seals: readonly SealParts[]
    readonly key?: Uint8Array
    readonly policy?: Policy
    readonly files: Files
  },
): Promise<Artifact> {
  if (target.kind === 'digest') return { sha256: target.sha256 }
  const { path } = target
  const name = isNamed(seals, policy) ? { fileName: basename(path) } : {}
  const small = await readSmall(path, files)
  if (small !== undefined) return { sha256: sha256(small), bytes: small, ...name }
  const { algorithms, isFileNeeded } = needsOf(seals, key)
  const digests = await hashFile(path, algorithms, files)
  if (!isFileNeeded) return { ...digests, ...name }
  return { ...digests, ...name, bytes: await files.read(path, MAX_BYTES_IN_MEMORY) }
}

/** PEP 740 binds the name too, and so does a policy; else statements name their subjects as they like, and the digest decides. */
function isNamed(seals: readonly SealParts[], { requires = [] }: Policy = { anyOf: [] }): boolean {
  return requires.includes('attestation') || seals.some(({ format }) => format === 'pep 740 attestation')
}

/** Undefined for a large file. */
async function readSmall(path: string, files: Files): Promise<Uint8Array | undefined> {
  try {
    return await files.read(path, SMALL_BYTES)
  } catch (error) {
    if (error instanceof WheelsealError && error.code === 'base.too-large') return undefined
    throw error
  }
}

type Digests = Pick<Artifact, 'sha256' | 'sha384' | 'sha512'>

async function hashFile(
  path: string,
  algorithms: ReadonlySet<DigestAlgorithm>,
  files: Files,
): Promise<Digests> {
  const hashes = [...algorithms].map((name) => [name, createHash(name)] as const)
  for await (const part of files.stream(path)) for (const [, hash] of hashes) hash.update(part)
  const digests = hashes.map(([name, hash]) => [name, new Uint8Array(hash.digest())] as const)
  return Object.fromEntries(digests) as unknown as Digests
}

function needsOf(seals: readonly SealParts[], key: Uint8Array | undefined): Needs {
  const algorithms = new Set<DigestAlgorithm>(['sha256'])
  let isFileNeeded = false
  for (const seal of seals) {
    if (seal.digest !== undefined) algorithms.add(seal.digest.algorithm)
    for (const name of secondDigests(seal)) algorithms.add(name)
    const kind = kindOfKey(seal, key)
    const algorithm = kind === undefined ? undefined : DIGEST_OF_KEY[kind]
    if (algorithm !== undefined) algorithms.add(algorithm)
    isFileNeeded ||= kind === 'ed25519' && seal.envelope === undefined
  }
  return { algorithms, isFileNeeded }
}

/** What an attestation may say of the file beside its SHA-256; it must not contradict the file. */
function secondDigests({ envelope }: SealParts): readonly DigestAlgorithm[] {
  if (envelope === undefined) return []
  const payload = Buffer.from(envelope.payload)
  return (['sha384', 'sha512'] as const).filter((name) => payload.includes(`"${name}"`))
}

/** Undefined for what cannot be read; the verdict says so. */
function kindOfKey({ certificate }: SealParts, key: Uint8Array | undefined): string | undefined {
  try {
    const spki = certificate === undefined ? key : parseCertificate(certificate).spki
    return spki === undefined ? undefined : parsePublicKey(spki).kind
  } catch {
    return undefined
  }
}
