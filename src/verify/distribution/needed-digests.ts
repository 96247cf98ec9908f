import type { DigestAlgorithm, SealParts } from '../../formats/sigstore/index.ts'
import { parseCertificate, parsePublicKey } from '../../formats/x509/index.ts'
import { subjectsOf } from './is-about.ts'

/** What must be known of a file, so that one pass over it is enough. */
export interface NeededDigests {
  /** SHA-256 always, and what its seals have signed or say. */
  readonly algorithms: ReadonlySet<DigestAlgorithm>
  /** Ed25519 signs the file itself, and no digest stands in for it. */
  readonly isFileNeeded: boolean
}

const DIGEST_OF_KEY: Readonly<Record<string, DigestAlgorithm>> = { 'P-384': 'sha384', 'P-521': 'sha512' }

/** Of all seals that a file will be judged by; `key` is the managed one, DER, where one is expected. */
export function neededDigests(seals: readonly SealParts[], key?: Uint8Array): NeededDigests {
  const algorithms = new Set<DigestAlgorithm>(['sha256'])
  let isFileNeeded = false
  for (const seal of seals) {
    if (seal.digest !== undefined) algorithms.add(seal.digest.algorithm)
    for (const name of secondDigests(seal)) algorithms.add(name)
    // Of an envelope the key has signed that, whatever its kind.
    const kind = seal.envelope === undefined ? kindOfKey(seal, key) : undefined
    const algorithm = kind === undefined ? undefined : DIGEST_OF_KEY[kind]
    if (algorithm !== undefined) algorithms.add(algorithm)
    isFileNeeded ||= kind === 'ed25519'
  }
  return { algorithms, isFileNeeded }
}

/** What an attestation may say of the file beside its SHA-256; it must not contradict the file. */
function secondDigests({ envelope }: SealParts): readonly DigestAlgorithm[] {
  if (envelope === undefined) return []
  const subjects = subjectsOf(envelope.payload) ?? []
  return (['sha384', 'sha512'] as const).filter((name) =>
    subjects.some(({ digests }) => Object.hasOwn(digests, name)),
  )
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
