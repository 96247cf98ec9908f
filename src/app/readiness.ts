import { statfs } from 'node:fs/promises'
import { isoTime, type Clock } from '../base/index.ts'
import type { Services } from './services.ts'

/** Below that nothing new is taken: what is left is for logs and database. */
export const MIN_FREE_BYTES = 64 * 1024 * 1024

export interface ReadinessParts {
  readonly trust: Pick<Services['trust'], 'refusals' | 'repository'>
  readonly clock: Clock
  /** Of the data directory. */
  readonly freeBytes: () => Promise<number>
}

/** What keeps the server from doing its work, in words; nothing when it is ready. */
export async function unreadiness({ trust, clock, freeBytes }: ReadinessParts): Promise<readonly string[]> {
  const reasons = [...trust.refusals()]
  // As whoever asks for it would have it renewed.
  await trust.repository.renew().catch(() => undefined)
  const now = isoTime(clock.nowMs() / 1000)
  for (const { role, expires } of trust.repository.status())
    if (expires < now) reasons.push(`the TUF ${role} expired at ${expires}`)
  if ((await freeBytes()) < MIN_FREE_BYTES)
    reasons.push(`the data directory has less than ${MIN_FREE_BYTES >> 20} MiB left`)
  return reasons
}

export async function freeBytesOf(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path)
  return bavail * bsize
}
