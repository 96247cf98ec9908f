import type { LogCheckpoint } from '../../verify/index.ts'
import { dayText } from '../decide/times.ts'
import type { JudgedFile, SealVerdict } from '../facts.ts'
import type { JudgedVerdict } from '../judge-seals.ts'
import { shownText } from '../sentence-text.ts'
import type { GateStore, KeptCheckpoint } from '../store.ts'
import type { GateParts } from './parts.ts'

const SPLIT_VIEW = 'gate.split-view'
const MAX_SHOWN = 10
const MAX_NOTE_LENGTH = 500

/**
 * Verdicts as they are kept: those whose log has signed another tree of the same size hold no more. Trees of different
 * sizes are not compared, which would need a proof of the log that no seal brings.
 */
export async function withoutSplitViews(
  parts: GateParts,
  verdicts: readonly JudgedVerdict[],
): Promise<readonly SealVerdict[]> {
  const judged: SealVerdict[] = []
  for (const one of verdicts) judged.push(await withoutSplitView(parts, one))
  return judged
}

async function withoutSplitView(
  { store, clock, log, name: gate }: GateParts,
  { checkpoints = [], ...verdict }: JudgedVerdict,
): Promise<SealVerdict> {
  if (!verdict.holds) return verdict
  for (const one of checkpoints) {
    const other = await store.keepCheckpoint(one, clock.nowMs())
    if (other === undefined) continue
    const { origin, size, rootHash } = one
    log.event(SPLIT_VIEW, { gate, origin, size, rootHash, otherRootHash: other.rootHash }, 'warn')
    return { holds: false, code: SPLIT_VIEW, fact: factOf(one) }
  }
  return verdict
}

function factOf({ origin, size }: LogCheckpoint): string {
  return `has a seal of the log ${shownText(origin, 60)}, which signed two trees of ${size} entries`
}

/** For the status: what each log has signed twice. */
export async function splitViewSentences(store: GateStore): Promise<readonly string[]> {
  const trees = new Map<string, KeptCheckpoint[]>()
  for (const one of await store.listSplitViews(2 * MAX_SHOWN)) {
    const key = `${one.logId} ${one.size} ${one.origin}`
    trees.set(key, [...(trees.get(key) ?? []), one])
  }
  return [...trees.values()].slice(0, MAX_SHOWN).flatMap(([one, ...others]) => {
    if (one === undefined) return []
    const roots = [one, ...others].map(({ rootHash }) => rootHash).join(' and ')
    return [
      `the log ${shownText(one.origin)} signed two trees of ${one.size} entries, with the roots ${roots}`,
    ]
  })
}

/** For `why`: the checkpoints that contradict each other, with their signatures, for who runs the log and for others. */
export async function splitViewNotes(store: GateStore, { seals }: JudgedFile): Promise<readonly string[]> {
  const verdicts = seals.kind === 'judged' ? seals.verdicts : []
  const facts = new Set(verdicts.flatMap((one) => (!one.holds && one.code === SPLIT_VIEW ? [one.fact] : [])))
  if (facts.size === 0) return []
  const all = await store.listSplitViews(2 * MAX_SHOWN)
  return all
    .filter((one) => facts.has(factOf(one)))
    .map(({ note, seenAtMs }) => `signed checkpoint, seen on ${dayText(seenAtMs)}: ${lineOf(note)}`)
}

function lineOf(note: string): string {
  return shownText(note.trimEnd().replaceAll(/\n+/g, ' | '), MAX_NOTE_LENGTH)
}
