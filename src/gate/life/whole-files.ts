import { createHash } from 'node:crypto'
import { GrowingBytes, type Blob } from '../../base/index.ts'
import type { KnownBytes } from '../judge-seals.ts'
import { gateErrors } from '../errors.ts'
import type { Fetching, WantedFile } from './fetching.ts'
import { once } from './once.ts'
import type { GateParts } from './parts.ts'

/** What seals may ask of a file beside its SHA-256: it is fetched for that, and passed to no client meanwhile. */
export interface WholeFiles {
  /**
   * Undefined where it takes longer than clients wait: the fetch goes on, and whoever asks again finds more of it. Throws
   * what is wrong with the bytes, and what the upstream fails with.
   */
  known(wanted: WantedFile): Promise<KnownBytes | undefined>
}

/** What a seal may cost: a larger file is refused where a seal needs all of it. */
export const MAX_WHOLE_BYTES = 256 << 20
/** Ed25519 signs the bytes themselves, so that they are in memory for a moment. */
export const MAX_SIGNED_BYTES = 32 << 20
/** pip and Poetry give up after 15 seconds without a byte. */
const PATIENCE_MS = 12_000

export function createWholeFiles(parts: GateParts, fetching: Fetching): WholeFiles {
  const single = once<KnownBytes>()
  const inTurn = turns()
  return {
    known: async (wanted) => {
      const reading = single(wanted.file.sha256, () => knownBytes({ parts, fetching, inTurn }, wanted))
      const waiting = new AbortController()
      const late = parts.clock.sleep(PATIENCE_MS, waiting.signal).catch(() => undefined)
      try {
        return (await Promise.race([reading, late])) ?? undefined
      } finally {
        waiting.abort()
        reading.catch(() => undefined)
      }
    },
  }
}

interface Reading {
  readonly parts: GateParts
  readonly fetching: Fetching
  /** Each may take as much memory as Ed25519 needs. */
  readonly inTurn: ReturnType<typeof turns>
}

async function knownBytes({ parts, fetching, inTurn }: Reading, wanted: WantedFile): Promise<KnownBytes> {
  const { sha256, sizeBytes } = wanted.file
  const kept = await parts.cache.open(sha256, sizeBytes ?? undefined)
  if (kept === undefined) await (await fetching.arriving(wanted)).waited()
  const blob = kept ?? (await parts.cache.open(sha256))
  const known = blob && (await inTurn(() => digestsOf(blob, sha256)))
  if (known === undefined) throw gateErrors('gate.upstream', 'the file left the cache; try again')
  return known
}

/** Nothing of a file that is too large; undefined for other bytes: what was kept may be damaged since. */
async function digestsOf(blob: Blob, expected: string): Promise<KnownBytes | undefined> {
  if (blob.size > MAX_WHOLE_BYTES) return {}
  const [sha256, sha384, sha512] = [createHash('sha256'), createHash('sha384'), createHash('sha512')]
  const whole = blob.size <= MAX_SIGNED_BYTES ? new GrowingBytes() : undefined
  for await (const part of blob.stream()) {
    for (const one of [sha256, sha384, sha512]) one.update(part)
    whole?.add(part)
  }
  if (sha256.digest('hex') !== expected) return undefined
  const digests = { sha384: new Uint8Array(sha384.digest()), sha512: new Uint8Array(sha512.digest()) }
  return whole === undefined ? digests : { ...digests, bytes: whole.bytes() }
}

/** One after the other. */
function turns(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const mine = last.then(work)
    last = mine.catch(() => undefined)
    return mine
  }
}
