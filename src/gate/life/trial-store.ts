import type { GateStore } from '../store.ts'

const MAX_SPLIT_VIEWS = 1_000

/** The store for a trial, which leaves nothing: verdicts that are made anew are not kept, and neither are checkpoints. */
export async function trialStore(store: GateStore): Promise<GateStore> {
  const split = await store.listSplitViews(MAX_SPLIT_VIEWS)
  return {
    ...store,
    keepVerdicts: () => Promise.resolve(),
    // What is seen here for the first time contradicts nothing until a gate serves it.
    keepCheckpoint: ({ logId, origin, size, rootHash }) =>
      Promise.resolve(
        split.find(
          (one) =>
            one.logId === logId && one.origin === origin && one.size === size && one.rootHash !== rootHash,
        ),
      ),
  }
}
