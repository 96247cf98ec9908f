import type { Clock, Entropy } from '../base/index.ts'
import type { PipelineStore, Snapshot } from './store.ts'

/**
 * What runners echo as `last_update` (gitlab-surface 5.2): while it is the same, no job has begun to wait since they
 * asked, and the answer is that there is none. So an idle fleet costs a look-up of each token.
 */
export interface QueueVersion {
  /** Another one after each restart, and whenever a pipeline changes: a job may have begun to wait. */
  current(): string
  /** Whether who has seen `version` would find nothing new. Not for long: time alone makes delayed jobs wait. */
  isSame(version: string): boolean
}

/** So long an echo is believed after a runner last looked, whoever that was: what time brings is found by then. */
const BELIEVED_MS = 5_000
const EPOCH_BYTES = 6

/** The store, watched: whatever writes through it is seen. One process may write. */
export function watchQueue(
  store: PipelineStore,
  { clock, entropy }: { readonly clock: Clock; readonly entropy: Entropy },
): { readonly store: PipelineStore; readonly version: QueueVersion } {
  const epoch = Buffer.from(entropy.bytes(EPOCH_BYTES)).toString('hex')
  let count = 0
  let lookedAtMs = -Infinity
  const seen = <Found extends Snapshot | undefined>(after: Found): Found => {
    if (after !== undefined) count += 1
    return after
  }
  const watched: PipelineStore = {
    ...store,
    createPipeline: async (pipeline) => seen(await store.createPipeline(pipeline)),
    updatePipeline: async (id, decide) => seen(await store.updatePipeline(id, decide)),
    updateJob: async (id, decide) => seen(await store.updateJob(id, decide)),
    nextPendingJob: (runnerId) => {
      lookedAtMs = clock.nowMs()
      return store.nextPendingJob(runnerId)
    },
  }
  const current = (): string => `${epoch}-${count}`
  return {
    store: watched,
    version: {
      current,
      isSame: (version) => version === current() && clock.nowMs() - lookedAtMs < BELIEVED_MS,
    },
  }
}
