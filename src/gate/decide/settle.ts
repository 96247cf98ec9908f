import type { Draft, DraftGround, RuledSetting } from './question.ts'

/** What was in the world for long enough is taken as seen by it, and said beside the answer. */
export function addUnlessSettled(
  draft: Draft,
  { ground, atMs }: { readonly ground: DraftGround; readonly atMs: number },
  { rule: { settleMs } }: RuledSetting,
): void {
  const settledMs = atMs + settleMs
  if (settleMs > 0) draft.timesMs.push(settledMs)
  if (settleMs > 0 && draft.agesToMs >= settledMs) draft.notes.push(`settled: ${ground.fact}`)
  else draft.grounds.push(ground)
}
