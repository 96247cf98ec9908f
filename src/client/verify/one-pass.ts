import { createHash } from 'node:crypto'
import { joinBytes } from '../../base/index.ts'
import type { DigestAlgorithm } from '../../formats/sigstore/index.ts'

export interface Wanted {
  readonly algorithms: ReadonlySet<DigestAlgorithm>
  /** Of a longer file no bytes are kept. */
  readonly maxKeptBytes: number
}

/** All that is known of a file. */
export interface Seen {
  readonly sha256: Uint8Array
  readonly sha384?: Uint8Array
  readonly sha512?: Uint8Array
  readonly bytes?: Uint8Array
}

/**
 * Everything that is said of a file comes from this one pass over it: a pipe has no second, and a file may be another
 * one at the second.
 */
export async function readOnce(
  parts: AsyncIterable<Uint8Array>,
  { algorithms, maxKeptBytes }: Wanted,
): Promise<Seen> {
  const hashes = [...new Set(['sha256', ...algorithms])].map((name) => [name, createHash(name)] as const)
  const kept: Uint8Array[] = []
  let size = 0
  for await (const part of parts) {
    for (const [, hash] of hashes) hash.update(part)
    size += part.length
    // A copy: the memory of a part is used again.
    if (size <= maxKeptBytes) kept.push(Uint8Array.from(part))
    else kept.length = 0
  }
  const digests = hashes.map(([name, hash]) => [name, new Uint8Array(hash.digest())] as const)
  const bytes = size <= maxKeptBytes ? { bytes: joinBytes(kept) } : {}
  return { ...(Object.fromEntries(digests) as unknown as Seen), ...bytes }
}
