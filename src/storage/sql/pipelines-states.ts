import type { JobState } from '../../pipelines/index.ts'

/** Every state but those that are final. */
export const ACTIVE: readonly JobState[] = [
  'created',
  'waiting_for_resource',
  'scheduled',
  'manual',
  'pending',
  'running',
  'canceling',
]
