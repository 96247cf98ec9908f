import { decodeHex, WheelsealError } from '../../base/index.ts'
import type { SealParts } from '../../formats/sigstore/index.ts'
import type { LogAnswer } from '../../verify/index.ts'
import { gateErrors } from '../errors.ts'
import type { KnownFile, SealState } from '../facts.ts'
import type { StoredSeal } from '../store.ts'
import { SKEW_MS } from '../decide/times.ts'
import { judgeSeals, sealStateOf, type JudgedSeal } from '../judge-seals.ts'
import { isWithin } from './age.ts'
import { once } from './once.ts'
import type { GateParts, GateUpstream } from './parts.ts'

/** A file whose digest the page says: without one there is nothing to judge. */
export type DigestedFile = KnownFile & { readonly sha256: string }

export function isDigested(file: KnownFile): file is DigestedFile {
  return file.sha256 !== null
}

export interface Judging {
  /** From what is kept: no request leaves. */
  known(upstream: GateUpstream, files: readonly DigestedFile[]): Promise<ReadonlyMap<string, SealState>>
  /**
   * The newest time that a seal which holds was signed at, as far as this process has judged and its clock had come; 0 for
   * none.
   */
  newestSignedMs(): number
  /** Those whose seals were looked for, so long ago that there may be others: publishers may sign after the upload. */
  searchedLongAgo(upstream: GateUpstream, files: readonly DigestedFile[]): Promise<readonly DigestedFile[]>
  /** Looks for the seals of a file, and judges and keeps what it finds. */
  judge(upstream: GateUpstream, name: string, file: DigestedFile): Promise<SealState>
}

/** Raised when a seal may be judged otherwise than before: kept verdicts of lower numbers count no more. */
const VERIFIER = 1
/** A failed search is repeated for the next request only after this long. */
const PATIENCE_MS = 5_000
const MAX_FAILURES = 10_000
/** Of one answer; and of all that was ever seen of a file, the last ones count. */
const MAX_SEALS = 16
/** What a file is refused for is looked for again after this long. */
export const SEARCH_AGAIN_MS = 300_000

/** `onKnown` hears of each name of which something new is known. */
export function createJudging(
  parts: GateParts,
  onKnown: (upstream: GateUpstream, name: string) => void,
): Judging {
  const single = once<SealState>()
  let newestSignedMs = 0
  const failures: Failures = new Map()
  return {
    newestSignedMs: () => newestSignedMs,
    known: (upstream, files) => knownStates(parts, { upstream, files, failures }),
    searchedLongAgo: async (upstream, files) => {
      if (files.length === 0) return []
      const digests = files.map(({ sha256 }) => sha256)
      const searches = await parts.store.findSealSearches(upstream.key, digests)
      return files.filter(({ sha256 }) => {
        const atMs = searches.get(sha256)?.atMs
        return atMs !== undefined && !isWithin(parts.clock.nowMs() - atMs, SEARCH_AGAIN_MS)
      })
    },
    judge: (upstream, name, file) =>
      single(keyOf(upstream, file), async () => {
        const last = failedJustNow(parts, failures, keyOf(upstream, file))
        if (last !== undefined) return last
        const { state, isWhole } = await search(parts, { upstream, name, file })
        newestSignedMs = Math.max(newestSignedMs, newestOf(state, parts.clock.nowMs()))
        if (failures.size >= MAX_FAILURES) failures.clear()
        if (isWhole) failures.delete(keyOf(upstream, file))
        else failures.set(keyOf(upstream, file), { atMs: parts.clock.nowMs(), state })
        onKnown(upstream, name)
        return state
      }),
  }
}

/** What was known when a search failed. */
type Failures = Map<string, { readonly atMs: number; readonly state: SealState }>

/** With the name of the file: the same bytes under another one may be worth another verdict. */
function keyOf(upstream: GateUpstream, { fileName, sha256 }: DigestedFile): string {
  return `${upstream.key} ${fileName} ${sha256}`
}

function failedJustNow({ clock }: GateParts, failures: Failures, key: string): SealState | undefined {
  const last = failures.get(key)
  return last !== undefined && isWithin(clock.nowMs() - last.atMs, PATIENCE_MS) ? last.state : undefined
}

interface Knowing {
  readonly upstream: GateUpstream
  readonly files: readonly DigestedFile[]
  readonly failures: Failures
}

async function knownStates(
  parts: GateParts,
  { upstream, files, failures }: Knowing,
): Promise<ReadonlyMap<string, SealState>> {
  const digests = files.map(({ sha256 }) => sha256)
  const searches = await parts.store.findSealSearches(upstream.key, digests)
  const states = new Map<string, SealState>()
  const kept = { ...upstream, askLog: unasked }
  for (const file of files) {
    const found = searches.get(file.sha256)?.found
    const state = found === 'some' ? await keptState(parts, kept, file) : undefined
    if (found === 'none') states.set(file.fileName, { kind: 'unsigned' })
    // What a log has not said yet is as open as what nobody has looked for.
    else if (state !== undefined && state.kind !== 'unreachable') states.set(file.fileName, state)
    else {
      const last = failedJustNow(parts, failures, keyOf(upstream, file))
      if (last?.kind === 'judged') states.set(file.fileName, last)
    }
  }
  return states
}

function unasked(): Promise<LogAnswer> {
  const refusal = gateErrors('gate.upstream', 'the log was not asked yet')
  return Promise.resolve({ entries: [], refusal })
}

interface Searching {
  readonly upstream: GateUpstream
  readonly name: string
  readonly file: DigestedFile
}

interface Searched {
  readonly state: SealState
  /** Everybody who was asked has answered. */
  readonly isWhole: boolean
}

/** What was seen once is kept for ever: a seal that its upstream drops still counts. */
async function search(parts: GateParts, searching: Searching): Promise<Searched> {
  const { upstream, file } = searching
  try {
    const found = await fetchSeals(parts, searching)
    const state = (await keptSealsState(parts, upstream, file)) ?? { kind: found }
    return { state, isWhole: state.kind !== 'unreachable' }
  } catch (error) {
    if (!(error instanceof WheelsealError)) throw error
    const { code, message: reason } = error
    const { fileName } = file
    parts.log.event(
      'gate.seals-failed',
      { gate: parts.name, upstream: upstream.name, fileName, code, reason },
      'warn',
    )
    const state = await keptSealsState(parts, upstream, file)
    const verdicts = state?.kind === 'judged' ? state.verdicts : []
    // Nobody knows what else there is; what holds, holds.
    const holds = state?.kind === 'judged' && verdicts.some((one) => one.holds)
    const open = { kind: 'unreachable', fact: error.message, kept: verdicts } as const
    return { state: holds ? state : open, isWhole: false }
  }
}

/** What the upstream has is kept. What it means where nothing is kept. Throws what the upstream fails with. */
async function fetchSeals(
  { store, clock }: GateParts,
  { upstream, name, file }: Searching,
): Promise<'blind' | 'unsigned'> {
  const answer = await upstream.client.seals(name, file)
  if (answer.kind === 'blind') return 'blind'
  const seenAtMs = clock.nowMs()
  for (const seal of answer.seals.slice(0, MAX_SEALS))
    await store.addSeal({ ...seal, fileSha256: file.sha256, seenAtMs })
  const kept = await store.sealsOf(file.sha256)
  await store.keepSealSearch(file.sha256, upstream.key, kept.length > 0 ? 'some' : 'none', seenAtMs)
  return 'unsigned'
}

async function keptSealsState(
  parts: GateParts,
  upstream: GateUpstream,
  file: DigestedFile,
): Promise<SealState | undefined> {
  const state = await keptState(parts, upstream, file)
  return state.kind === 'not judged' ? undefined : state
}

/** Verdicts of what is kept, made anew where the trust root is another one. */
async function keptState(parts: GateParts, upstream: GateUpstream, file: DigestedFile): Promise<SealState> {
  const seals = (await parts.store.sealsOf(file.sha256)).slice(-MAX_SEALS)
  if (seals.length === 0) return { kind: 'not judged' }
  const judged = []
  for (const seal of seals) judged.push(await judgedSeal(parts, { upstream, file, seal }))
  return sealStateOf(judged)
}

interface SealOfFile {
  readonly upstream: GateUpstream
  readonly file: DigestedFile
  readonly seal: StoredSeal
}

async function judgedSeal(
  { store }: GateParts,
  { upstream, file, seal }: SealOfFile,
): Promise<Omit<JudgedSeal, 'sealSha256'>> {
  const { trustRoot, rootsSha256 } = upstream.trust()
  const { sha256: fileSha256, fileName } = file
  const key = { fileSha256, fileName, sealSha256: seal.sha256, rootsSha256, verifier: VERIFIER }
  const kept = await store.findVerdicts(key)
  if (kept !== undefined) return { verdicts: kept }
  const askLog = (parts: SealParts) => upstream.askLog(parts, decodeHex(fileSha256))
  const [judged] = await judgeSeals({ file, seals: [seal], trustRoot, askLog })
  if (judged === undefined) throw new Error('a seal was not judged')
  const isLasting = judged.needs === undefined && judged.unreachable === undefined
  if (isLasting) await store.keepVerdicts(key, judged.verdicts)
  return judged
}

/** A time that is still to come says nothing of this clock: a log that is wrong would stop all upstreams. */
function newestOf(state: SealState, nowMs: number): number {
  const verdicts = state.kind === 'judged' ? state.verdicts : []
  const times = verdicts.flatMap((one) => (one.holds ? [one.signedAtMs] : []))
  return times.reduce((newest, one) => (one <= nowMs + SKEW_MS ? Math.max(newest, one) : newest), 0)
}
