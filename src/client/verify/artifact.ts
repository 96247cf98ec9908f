import { baseErrors } from '../../base/index.ts'
import type { SealParts } from '../../formats/sigstore/index.ts'
import { neededDigests, type Artifact } from '../../verify/index.ts'
import type { VerifyIo } from './io.ts'
import { readOnce } from './one-pass.ts'
import { STANDARD_INPUT, type Target } from './plan.ts'

/** Signatures of Ed25519 are over the file itself, which is then read as a whole. */
const MAX_BYTES_IN_MEMORY = 1 << 30

/** A signature over bytes is checked faster than one over a digest, by what hashing so many once more takes. */
const SMALL_BYTES = 256 << 10

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
  const { algorithms, isFileNeeded } = neededDigests(seals, key)
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
