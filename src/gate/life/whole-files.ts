import { createHash } from 'node:crypto'
import { GrowingBytes, type Blob } from '../../base/index.ts'
import type { KnownBytes } from '../judge-seals.ts'
import { gateErrors } from '../errors.ts'
import type { SealState } from '../facts.ts'
import type { Fetching, WantedFile } from './fetching.ts'
import { createTurns, type InTurn } from './in-turn.ts'
import { once } from './once.ts'
import type { GateParts } from './parts.ts'
import { within } from './patience.ts'

/** What seals may ask of a file beside its SHA-256: it is fetched for that, and passed to no client meanwhile. */
export interface WholeFiles {
  /**
   * What `judge` makes of that, once for all who ask meanwhile. Undefined where it takes longer than clients wait: what is
   * under way goes on, and whoever asks again finds more of it. Throws what is wrong with the bytes, and what the upstream
   * fails with.
   */
  judged(wanted: WantedFile, judge: (known: KnownBytes) => Promise<SealState>): Promise<SealState | undefined>
}

/** What a seal may cost: a larger file is refused where a seal needs all of it. */
export const MAX_WHOLE_BYTES = 256 << 20
/** Ed25519 signs the bytes themselves, so that they are in memory for a moment. */
export const MAX_SIGNED_BYTES = 32 << 20
/** pip and Poetry give up after 15 seconds without a byte. */
const PATIENCE_MS = 12_000

export function createWholeFiles(parts: GateParts, fetching: Fetching): WholeFiles {
  const single = once<SealState>()
  /** Each may take as much memory as Ed25519 needs, until its seals are judged. */
  const reading = createTurns(1)
  const asking = new Map<string, number>()
  return {
    judged: async (wanted, judge) => {
      const { upstream, name, file } = wanted
      // Another upstream, or the same one under another name, may never send these bytes.
      const key = `${upstream.key} ${name} ${file.fileName} ${file.sha256}`
      const toRead = reading(upstream.key)
      asking.set(key, (asking.get(key) ?? 0) + 1)
      const isWanted = (): boolean => asking.has(key)
      try {
        const judging = single(key, () =>
          judgedWhole({ parts, fetching, toRead, isWanted }, { ...wanted, judge }),
        )
        judging.catch(() => undefined)
        return await within(parts.clock, PATIENCE_MS, judging)
      } finally {
        const others = (asking.get(key) ?? 1) - 1
        if (others > 0) asking.set(key, others)
        else asking.delete(key)
      }
    },
  }
}

interface Reading {
  readonly parts: GateParts
  readonly fetching: Fetching
  readonly toRead: InTurn
  readonly isWanted: () => boolean
}

interface JudgedWhole extends WantedFile {
  readonly judge: (known: KnownBytes) => Promise<SealState>
}

async function judgedWhole(
  { parts, fetching, toRead, isWanted }: Reading,
  { judge, ...wanted }: JudgedWhole,
): Promise<SealState> {
  const { upstream, file } = wanted
  const { sha256, sizeBytes } = file
  const toFetch = fetching.behind(upstream.key)
  const kept = await parts.cache.open(sha256, sizeBytes ?? undefined)
  if (kept === undefined) await toFetch(isWanted, async () => (await fetching.arriving(wanted)).waited())
  return toRead(isWanted, async () => {
    const blob = kept ?? (await parts.cache.open(sha256))
    const known = blob && (await digestsOf(blob, sha256))
    if (known === undefined) throw gateErrors('gate.upstream', 'the file left the cache; try again')
    return judge(known)
  })
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
