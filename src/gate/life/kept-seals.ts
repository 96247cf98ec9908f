import type { StoredSeal } from '../store.ts'
import type { SealAnswer } from '../upstream.ts'
import type { DigestedFile } from './digested.ts'
import type { GateParts } from './parts.ts'

type FoundSeal = Extract<SealAnswer, { readonly kind: 'seals' }>['seals'][number]

interface SealedFile {
  readonly upstream: string
  readonly file: DigestedFile
}

/** Of one file and one origin, whatever an upstream lists: honest files have one or two, with a new one for each signer who joins. */
const MAX_SEALS = 32
const MAX_BYTES = 2 << 20

/**
 * Keeps what an upstream found, never in place of what is kept: another origin, and what was judged before, is not pushed
 * out by junk. Of an answer that is too long the first and the last count. How many are kept now, of all origins.
 */
export async function keepSeals(
  { store, clock, log, name: gate }: GateParts,
  { upstream, file }: SealedFile,
  found: readonly FoundSeal[],
): Promise<number> {
  const { sha256: fileSha256, fileName } = file
  const kept = [...(await store.sealsOf(upstream, fileSha256))]
  const known = new Set(kept.map(({ sha256 }) => sha256))
  const fresh = found.filter(({ sha256 }) => !known.has(sha256))
  const before = kept.length
  for (const seal of firstAndLast(fresh)) {
    if (!hasRoom(kept, seal)) continue
    const added = { ...seal, upstream, fileSha256, seenAtMs: clock.nowMs() }
    await store.addSeal(added)
    kept.push(added)
  }
  const leftOut = fresh.length - (kept.length - before)
  if (leftOut > 0) log.event('gate.seals-left-out', { gate, fileName, count: leftOut }, 'warn')
  return kept.length
}

function firstAndLast(found: readonly FoundSeal[]): readonly FoundSeal[] {
  if (found.length <= MAX_SEALS) return found
  return [...found.slice(0, MAX_SEALS / 2), ...found.slice(-MAX_SEALS / 2)]
}

function hasRoom(kept: readonly StoredSeal[], { source, bytes }: FoundSeal): boolean {
  const own = kept.filter((one) => originOf(one.source) === originOf(source))
  const total = own.reduce((sum, one) => sum + one.bytes.length, 0)
  return own.length < MAX_SEALS && (own.length === 0 || total + bytes.length <= MAX_BYTES)
}

function originOf(source: string): string {
  return URL.canParse(source) ? new URL(source).origin : source
}
