import { baseErrors } from '../../base/index.ts'
import type { DigestAlgorithm, SealParts } from '../../formats/sigstore/index.ts'
import { parseCertificate, parsePublicKey } from '../../formats/x509/index.ts'
import type { Artifact } from '../../verify/index.ts'
import { subjectsOf } from './about.ts'
import type { VerifyIo } from './io.ts'
import { readOnce } from './one-pass.ts'
import { STANDARD_INPUT, type Target } from './plan.ts'

/** Signatures of Ed25519 are over the file itself, which is then read as a whole. */
const MAX_BYTES_IN_MEMORY = 1 << 30

/** A signature over bytes is checked faster than one over a digest, by what hashing so many once more takes. */
const SMALL_BYTES = 256 << 10

interface Needs {
  readonly algorithms: ReadonlySet<DigestAlgorithm>
  readonly isFileNeeded: boolean
}

const DIGEST_OF_KEY: Readonly<Record<string, DigestAlgorithm>> = { 'P-384': 'sha384', 'P-521': 'sha512' }

interface Wanting {
  /** All that the file will be judged by: they are read before it. */
  readonly seals: readonly SealParts[]
  readonly key?: Uint8Array
  readonly io: Pick<VerifyIo, 'files' | 'standardInput'>
}

/** What is known of a file, as its seals need it, from one pass over it. Throws `host.file`, `host.pipe`, `base.too-large`. */
export async function artifactOf(target: Target, { seals, key, io }: Wanting): Promise<Artifact> {
  if (target.kind === 'digest') return { sha256: target.sha256 }
  const { path } = target
  const { algorithms, isFileNeeded } = needsOf(seals, key)
  const maxKeptBytes = isFileNeeded ? MAX_BYTES_IN_MEMORY : SMALL_BYTES
  const seen = await readOnce(path === STANDARD_INPUT ? io.standardInput() : io.files.stream(path), {
    algorithms,
    maxKeptBytes,
  })
  if (isFileNeeded && seen.bytes === undefined)
    throw baseErrors(
      'base.too-large',
      `${path} has more than ${MAX_BYTES_IN_MEMORY} bytes, the limit for Ed25519 signatures`,
    )
  return seen
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
