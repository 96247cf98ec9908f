import { statfs } from 'node:fs/promises'
import type { Clock } from '../../base/index.ts'
import { endedTrust, endingTrust } from './expiries.ts'
import type { Services } from '../services.ts'

/** Below that nothing new is taken: what is left is for logs and database. */
export const MIN_FREE_BYTES = 64 * 1024 * 1024

export interface ReadinessParts {
  readonly trust: Pick<Services['trust'], 'refusals' | 'repository' | 'authority' | 'tsa'>
  readonly gates: Pick<Services['gates'], 'warnings'>
  readonly clock: Clock
  /** Of the data directory. */
  readonly freeBytes: () => Promise<number>
}

/** What keeps the server from doing its work, in words; nothing when it is ready. */
export async function unreadiness({
  trust,
  clock,
  freeBytes,
}: Omit<ReadinessParts, 'gates'>): Promise<readonly string[]> {
  const reasons = [...trust.refusals()]
  // As a request for it would renew it.
  await trust.repository.renew().catch(() => undefined)
  reasons.push(...endedTrust(trust, clock.nowMs() / 1000))
  if ((await freeBytes()) < MIN_FREE_BYTES)
    reasons.push(`the disk of the data directory has less than ${MIN_FREE_BYTES >> 20} MiB free`)
  return reasons
}

/** What will keep it from that before long, or is wrong though it works. */
export function warnings({ trust, gates, clock }: Omit<ReadinessParts, 'freeBytes'>): readonly string[] {
  return [...endingTrust(trust, clock.nowMs() / 1000), ...gates.warnings()]
}

export async function freeBytesOf(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path)
  return bavail * bsize
}
