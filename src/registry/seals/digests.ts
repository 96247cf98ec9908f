import { createHash } from 'node:crypto'
import { decodeHex } from '../../base/index.ts'
import type { SealParts } from '../../formats/sigstore/index.ts'
import { neededDigests, type Artifact } from '../../verify/index.ts'
import { openFile } from '../content.ts'
import type { StoredFile } from '../store.ts'
import type { SealContext } from './parts.ts'

type Known = Pick<Artifact, 'sha384' | 'sha512'>

/** Of a larger file a seal that needs another digest than SHA-256 is refused: to read it takes too long. */
const MAX_READ_BYTES = 512 * 1024 * 1024
const MAX_KEPT = 1000
/** By SHA-256: an enemy may put many seals that need them. */
const kept = new Map<string, Promise<Known>>()

/**
 * What seals of this file need to know of it. SHA-256 is at hand; SHA-384 and SHA-512, which keys of P-384 and P-521
 * sign, are read from the blob, once. Never the bytes themselves, which keys of Ed25519 sign: such a seal is refused.
 */
export async function artifactFor(
  context: Pick<SealContext, 'blobs'>,
  file: StoredFile,
  seals: readonly SealParts[],
): Promise<Artifact> {
  const artifact = { sha256: decodeHex(file.sha256) }
  const { algorithms } = neededDigests(seals)
  if (algorithms.size === 1 || file.size > MAX_READ_BYTES) return artifact
  const before = kept.get(file.sha256)
  if (before !== undefined) return { ...artifact, ...(await before) }
  const reading = readDigests(context, file)
  const [oldest] = kept.keys()
  if (kept.size >= MAX_KEPT && oldest !== undefined) kept.delete(oldest)
  kept.set(file.sha256, reading)
  reading.catch(() => kept.delete(file.sha256))
  return { ...artifact, ...(await reading) }
}

async function readDigests(context: Pick<SealContext, 'blobs'>, file: StoredFile): Promise<Known> {
  const [sha384, sha512] = [createHash('sha384'), createHash('sha512')]
  for await (const part of (await openFile(context, file)).stream()) {
    sha384.update(part)
    sha512.update(part)
  }
  return { sha384: new Uint8Array(sha384.digest()), sha512: new Uint8Array(sha512.digest()) }
}
