import { statfs } from 'node:fs/promises'
import type { Clock } from '../../base/index.ts'
import { endedTrust, endingTrust } from './expiries.ts'
import type { Services } from '../services.ts'

/** Below that nothing new is taken: what is left is for logs and database. */
export const MIN_FREE_BYTES = 64 * 1024 * 1024

export interface ReadinessParts {
  readonly trust: Pick<Services['trust'], 'refusals' | 'repository' | 'authority' | 'tsa'>
  readonly clock: Clock
  /** Of the data directory. */
  readonly freeBytes: () => Promise<number>
}

/** What keeps the server from doing its work, in words; nothing when it is ready. */
export async function unreadiness({ trust, clock, freeBytes }: ReadinessParts): Promise<readonly string[]> {
  const reasons = [...trust.refusals()]
  // As a request for it would renew it.
  await trust.repository.renew().catch(() => undefined)
  reasons.push(...endedTrust(trust, clock.nowMs() / 1000))
  if ((await freeBytes()) < MIN_FREE_BYTES)
    reasons.push(`the disk of the data directory has less than ${MIN_FREE_BYTES >> 20} MiB free`)
  return reasons
}

/** What will keep it from that before long. */
export function warnings({ trust, clock }: Pick<ReadinessParts, 'trust' | 'clock'>): readonly string[] {
  return endingTrust(trust, clock.nowMs() / 1000)
}

export async function freeBytesOf(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path)
  return bavail * bsize
}
