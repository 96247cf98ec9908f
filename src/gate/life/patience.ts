import type { Clock } from '../../base/index.ts'

/** In place of an `AbortError`, whose stack costs more than all else here. */
const NO_MORE = 'no longer waited for'

/** What `work` resolves with, or undefined once so much time has passed: it goes on by itself. */
export async function within<Result>(
  clock: Clock,
  patienceMs: number,
  work: Promise<Result>,
): Promise<Result | undefined> {
  const patience = new AbortController()
  const late = clock.sleep(patienceMs, patience.signal).then(
    () => undefined,
    () => undefined,
  )
  try {
    return await Promise.race([work, late])
  } finally {
    patience.abort(NO_MORE)
  }
}
