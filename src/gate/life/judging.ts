import { setImmediate as nextTurn } from 'node:timers/promises'
import { decodeHex, WheelsealError } from '../../base/index.ts'
import type { SealParts } from '../../formats/sigstore/index.ts'
import type { LogAnswer, TrustRoot } from '../../verify/index.ts'
import { gateErrors } from '../errors.ts'
import { needsFile, type SealState, type SealVerdict } from '../facts.ts'
import type { SealVerdictKey, StoredSeal } from '../store.ts'
import { SKEW_MS } from '../decide/times.ts'
import { judgeSeals, needsWhole, sealStateOf, type JudgedSeal, type KnownBytes } from '../judge-seals.ts'
import { isWithin } from './age.ts'
import type { DigestedFile } from './digested.ts'
import { keepSeals } from './kept-seals.ts'
import { once } from './once.ts'
import type { GateParts, GateUpstream } from './parts.ts'
import { withoutSplitViews } from './split-views.ts'
import { MAX_SIGNED_BYTES, MAX_WHOLE_BYTES, type WholeFiles } from './whole-files.ts'

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
  /** The seals that are kept, also those that need the whole file. It may be fetched for that. */
  judgeWhole(upstream: GateUpstream, name: string, file: DigestedFile): Promise<SealState>
}

/** Raised when a seal may be judged otherwise than before: kept verdicts of lower numbers count no more. */
const VERIFIER = 1
/** A failed search is repeated for the next request only after this long. */
const PATIENCE_MS = 5_000
const MAX_FAILURES = 10_000
/** Seals that are verified before a page is answered; what is left is judged with the search that follows. */
const MAX_NEW_VERDICTS = 16
/** What a file is refused for is looked for again after this long. */
export const SEARCH_AGAIN_MS = 300_000

/** `onKnown` hears of each name of which something new is known. */
export function createJudging(
  parts: GateParts,
  wholeFiles: WholeFiles,
  onKnown: (upstream: GateUpstream, name: string) => void,
): Judging {
  const single = once<SealState>()
  let newestSignedMs = 0
  const failures: Failures = new Map()
  return {
    newestSignedMs: () => newestSignedMs,
    known: (upstream, files) => knownStates(parts, { upstream, files, failures }),
    searchedLongAgo: (upstream, files) => searchedLongAgo(parts, upstream, files),
    judge: (upstream, name, file) => {
      const key = keyOf(upstream, file)
      return single(key, async () => {
        const last = failedJustNow(parts, failures, key)
        if (last !== undefined) return last
        const { state, isWhole } = await search(parts, { upstream, name, file })
        newestSignedMs = Math.max(newestSignedMs, newestOf(state, parts.clock.nowMs()))
        if (failures.size >= MAX_FAILURES) failures.clear()
        if (isWhole) failures.delete(key)
        else failures.set(key, { atMs: parts.clock.nowMs(), state })
        onKnown(upstream, name)
        return state
      })
    },
    judgeWhole: async (upstream, name, file) => {
      const state = await wholeState(parts, wholeFiles, { upstream, name, file })
      newestSignedMs = Math.max(newestSignedMs, newestOf(state, parts.clock.nowMs()))
      onKnown(upstream, name)
      return state
    },
  }
}

async function searchedLongAgo(
  { store, clock }: GateParts,
  upstream: GateUpstream,
  files: readonly DigestedFile[],
): Promise<readonly DigestedFile[]> {
  if (files.length === 0) return []
  const digests = files.map(({ sha256 }) => sha256)
  const searches = await store.findSealSearches(upstream.key, digests)
  return files.filter(({ sha256 }) => {
    const atMs = searches.get(sha256)?.atMs
    return atMs !== undefined && !isWithin(clock.nowMs() - atMs, SEARCH_AGAIN_MS)
  })
}

/** What is wrong with the bytes is kept by who fetched them, and decides. */
async function wholeState(parts: GateParts, wholeFiles: WholeFiles, wanted: Searching): Promise<SealState> {
  try {
    const judge = (known: KnownBytes): Promise<SealState> => keptState(parts, { ...wanted, known })
    return (await wholeFiles.judged(wanted, judge)) ?? { kind: 'not judged', needsFile: true }
  } catch (error) {
    if (!(error instanceof WheelsealError)) throw error
    return { kind: 'unreachable', fact: error.message }
  }
}

/** What was known when a search failed. */
type Failures = Map<string, { readonly atMs: number; readonly state: SealState }>

/** The same bytes may be worth another verdict under another name, and under another trust root. */
function keyOf(upstream: GateUpstream, { fileName, sha256 }: DigestedFile): string {
  return `${upstream.key} ${fileName} ${sha256} ${upstream.trust().rootsSha256}`
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
  const maxNew = MAX_NEW_VERDICTS
  for (const file of files) {
    const found = searches.get(file.sha256)?.found
    const state = found === 'some' ? await keptState(parts, { upstream: kept, file, maxNew }) : undefined
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
  try {
    const { means, writing } = await fetchSeals(parts, searching)
    // Begun together, so that search and verdicts are one commit.
    const [kept] = await Promise.all([keptSealsState(parts, searching), writing])
    const state = kept ?? { kind: means }
    return { state, isWhole: state.kind !== 'unreachable' }
  } catch (error) {
    if (!(error instanceof WheelsealError)) throw error
    const { code, message: reason } = error
    const { upstream, file } = searching
    const failed = { upstream: upstream.name, fileName: file.fileName, code, reason }
    parts.log.event('gate.seals-failed', { gate: parts.name, ...failed }, 'warn')
    const state = await keptSealsState(parts, searching)
    const verdicts = state?.kind === 'judged' ? state.verdicts : []
    // Nobody knows what else there is; what holds, holds.
    const holds = state?.kind === 'judged' && verdicts.some((one) => one.holds)
    const open = { kind: 'unreachable', fact: error.message, kept: verdicts } as const
    return { state: holds ? state : open, isWhole: false }
  }
}

interface FoundSeals {
  /** What it means where no seal is kept. */
  readonly means: 'blind' | 'unsigned'
  /** That they were looked for. */
  readonly writing?: Promise<void>
}

/** What the upstream has is kept. Throws what the upstream fails with. */
async function fetchSeals(parts: GateParts, { upstream, name, file }: Searching): Promise<FoundSeals> {
  const answer = await upstream.client.seals(name, file)
  if (answer.kind === 'blind') return { means: 'blind' }
  const count = await keepSeals(parts, { upstream: upstream.key, file }, answer.seals)
  const found = count > 0 ? 'some' : 'none'
  const writing = parts.store.keepSealSearch(file.sha256, upstream.key, found, parts.clock.nowMs())
  return { means: 'unsigned', writing }
}

async function keptSealsState(parts: GateParts, of: SealsOf): Promise<SealState | undefined> {
  const state = await keptState(parts, of)
  return state.kind === 'not judged' && !needsFile(state) ? undefined : state
}

interface SealsOf {
  readonly upstream: GateUpstream
  readonly file: DigestedFile
  /** Of all bytes of the file. */
  readonly known?: KnownBytes
  /** Left out, all seals are verified. */
  readonly maxNew?: number
}

type JudgedOne = Omit<JudgedSeal, 'sealSha256'>

/**
 * Verdicts of what is kept, made anew where the trust root is another one. Nothing is decided by some of them: one that
 * is not verified yet may be the one that counts.
 */
async function keptState(parts: GateParts, of: SealsOf): Promise<SealState> {
  const judged = await judgedSeals(parts, of)
  if (judged === undefined || judged.length === 0) return { kind: 'not judged' }
  const isOpen = of.known === undefined && judged.some(({ needs }) => needs !== undefined)
  return isOpen && !isTooLarge(of.file) ? { kind: 'not judged', needsFile: true } : sealStateOf(judged)
}

/** Undefined where there are more new ones than are verified. */
async function judgedSeals(parts: GateParts, of: SealsOf): Promise<readonly JudgedOne[] | undefined> {
  const { file, maxNew = Infinity } = of
  const judged: JudgedOne[] = []
  let made = 0
  for (const seal of await parts.store.sealsOf(of.upstream.key, file.sha256)) {
    const { trustRoot, rootsSha256 } = of.upstream.trust()
    const key = { ...verdictPlace(of, seal), rootsSha256 }
    const kept = await parts.store.findVerdicts(key)
    if (kept !== undefined) {
      judged.push({ verdicts: kept })
      continue
    }
    if (made >= maxNew) return undefined
    const one = await newVerdicts(parts, of, { seal, key, trustRoot })
    // What cannot be decided without the file costs nothing, and is no other one next time.
    if (one.needs === undefined) made += 1
    judged.push(one)
  }
  return judged
}

function verdictPlace(
  { file: { sha256, fileName } }: SealsOf,
  seal: StoredSeal,
): Omit<SealVerdictKey, 'rootsSha256'> {
  return { fileSha256: sha256, fileName, sealSha256: seal.sha256, verifier: VERIFIER }
}

function isTooLarge({ sizeBytes }: DigestedFile): boolean {
  return sizeBytes !== null && sizeBytes > MAX_WHOLE_BYTES
}

interface SealOfFile {
  readonly seal: StoredSeal
  readonly key: SealVerdictKey
  /** Of the key: the upstream may have another one by now. */
  readonly trustRoot: TrustRoot
}

async function newVerdicts(
  parts: GateParts,
  { upstream, file, known }: SealsOf,
  { seal, key, trustRoot }: SealOfFile,
): Promise<JudgedSeal> {
  const askLog = (pair: SealParts) => upstream.askLog(pair, decodeHex(file.sha256))
  const more = known === undefined ? {} : { known }
  const [judged] = await judgeSeals({ file, seals: [seal], trustRoot, askLog, ...more })
  if (judged === undefined) throw new Error('a seal was not judged')
  const verdicts =
    judged.needs === undefined ? await withoutSplitViews(parts, judged.verdicts) : [tooLarge(known)]
  // How large a file is by its page may be another one tomorrow.
  const isLasting = judged.unreachable === undefined && (judged.needs === undefined || known !== undefined)
  if (isLasting) await parts.store.keepVerdicts(key, verdicts)
  // Others have their turn.
  await nextTurn()
  return { ...judged, verdicts }
}

function tooLarge(known: KnownBytes | undefined): SealVerdict {
  const maxBytes = known?.sha384 === undefined ? MAX_WHOLE_BYTES : MAX_SIGNED_BYTES
  return needsWhole(`, and it has more than ${maxBytes >> 20} MiB`)
}

/** A time that is still to come says nothing of this clock: a log that is wrong would stop all upstreams. */
function newestOf(state: SealState, nowMs: number): number {
  const verdicts = state.kind === 'judged' ? state.verdicts : []
  const times = verdicts.flatMap((one) => (one.holds ? [one.signedAtMs] : []))
  return times.reduce((newest, one) => (one <= nowMs + SKEW_MS ? Math.max(newest, one) : newest), 0)
}
