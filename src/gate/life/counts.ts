import type { Counts, Refusal } from '../store.ts'
import type { GateParts } from './parts.ts'

/** What happened to files. A refusal that is new is durable before it is told; numbers are written in one go, later. */
export interface Counting {
  refused(refusal: Refusal, what: 'held' | 'refused'): Promise<void>
  add(what: keyof Counts): void
  flush(): Promise<void>
}

const FLUSH_MS = 5_000
const MAX_KNOWN = 10_000

export function createCounting(parts: GateParts): Counting {
  const pending: Pending = { numbers: new Map(), repeated: new Map() }
  let isWaiting = false
  const soon = (): void => {
    if (isWaiting) return
    isWaiting = true
    void parts.clock
      .sleep(FLUSH_MS)
      .then(() => {
        isWaiting = false
        return flush(parts, pending)
      })
      .catch((error: unknown) => parts.log.failure('gate.counts', error))
  }
  const add = (what: keyof Counts): void => {
    pending.numbers.set(what, (pending.numbers.get(what) ?? 0) + 1)
    soon()
  }
  return {
    add,
    flush: () => flush(parts, pending),
    refused: async (refusal, what) => {
      const known = pending.repeated.get(refusal.id)
      if (known === undefined) await addRefusal(parts, pending, refusal)
      else known.count += 1
      add(what)
    },
  }
}

/** What is not written yet. */
interface Pending {
  readonly numbers: Map<keyof Counts, number>
  readonly repeated: Map<string, { readonly refusal: Refusal; count: number }>
}

async function addRefusal(
  { store, clock }: GateParts,
  { repeated }: Pending,
  refusal: Refusal,
): Promise<void> {
  if (repeated.size >= MAX_KNOWN) repeated.clear()
  await store.noteRefusal(refusal, clock.nowMs())
  repeated.set(refusal.id, { refusal, count: 0 })
}

async function flush({ store, clock, name }: GateParts, { numbers, repeated }: Pending): Promise<void> {
  const atMs = clock.nowMs()
  const counted = [...numbers]
  numbers.clear()
  for (const one of repeated.values()) {
    const { refusal, count } = one
    if (count === 0) continue
    one.count = 0
    await store.noteRefusal(refusal, atMs, count)
  }
  for (const [what, count] of counted) await store.count(name, atMs, what, count)
}
