import { WheelsealError } from '../../base/index.ts'
import type { Counts, Refusal } from '../store.ts'
import type { GateParts } from './parts.ts'

/** What happened to files. A refusal that is new is durable before it is told; numbers are written in one go, later. */
export interface Counting {
  refused(refusal: Refusal, what: 'held' | 'refused'): Promise<void>
  /** What the mode `warn` did not refuse: written with the numbers. */
  letThrough(refusal: Refusal): Promise<void>
  add(what: keyof Counts): void
  /** Throws where the store does; what could not be written is written with the next. */
  flush(): Promise<void>
  /** Writes all, and no more. */
  close(): Promise<void>
}

const FLUSH_MS = 5_000
const MAX_KNOWN = 10_000
/** Of whole names that are kept: anybody may ask for names that nobody has, and each is a row. */
const NAMES_KEPT = 10_000
/** So many new ones are one removal of old ones. */
const NAMES_AT_ONCE = 1_000
/** How long the link of a refusal says why, after it last happened. */
const KEPT_MS = 400 * 86_400_000
const FORGET_EVERY_MS = 86_400_000

export function createCounting(parts: GateParts): Counting {
  const pending = openPending()
  const closing = new AbortController()
  let isWaiting = false
  const soon = (): void => {
    if (isWaiting || closing.signal.aborted) return
    isWaiting = true
    void parts.clock
      .sleep(FLUSH_MS, closing.signal)
      .then(() => flush(parts, pending))
      .catch((error: unknown) => {
        if (!closing.signal.aborted) parts.log.failure('gate.counts', error)
      })
      .finally(() => {
        isWaiting = false
      })
  }
  const add = (what: keyof Counts): void => {
    raise(pending.numbers, what, 1)
    soon()
  }
  return {
    add,
    flush: () => flush(parts, pending),
    close: async () => {
      closing.abort()
      await flush(parts, pending)
    },
    refused: async (refusal, what) => {
      add(what)
      const known = pending.repeated.get(refusal.id)
      if (known === undefined) await addRefusal(parts, pending, refusal)
      else known.count += 1
    },
    letThrough: async (refusal) => {
      add('wouldRefuse')
      await addLetThrough(parts, pending, refusal)
    },
  }
}

function openPending(): Pending {
  return {
    numbers: new Map(),
    repeated: new Map(),
    letThrough: new Map(),
    newNames: 0,
    forgotAtMs: -Infinity,
  }
}

/** What is not written yet. */
interface Pending {
  readonly numbers: Map<keyof Counts, number>
  readonly repeated: Map<string, Tally>
  readonly letThrough: Map<string, Tally>
  /** Refusals of whole names that were added since the last removal. */
  newNames: number
  forgotAtMs: number
}

interface Tally {
  readonly refusal: Refusal
  count: number
}

function raise(numbers: Pending['numbers'], what: keyof Counts, count: number): void {
  numbers.set(what, (numbers.get(what) ?? 0) + count)
}

/** Where it cannot be written (a full disk) it is told all the same: it is no less refused. */
async function addRefusal(parts: GateParts, pending: Pending, refusal: Refusal): Promise<void> {
  const { store, clock, log, name: gate } = parts
  const { repeated } = pending
  try {
    if (repeated.size >= MAX_KNOWN) {
      await flush(parts, pending)
      repeated.clear()
    }
    await store.noteRefusal(refusal, clock.nowMs())
    repeated.set(refusal.id, { refusal, count: repeated.get(refusal.id)?.count ?? 0 })
    if (refusal.fileName === '') await trimNames(parts, pending)
  } catch (error) {
    if (!(error instanceof WheelsealError)) throw error
    log.failure('gate.refusal-not-kept', error, { gate, id: refusal.id })
  }
}

async function addLetThrough(parts: GateParts, pending: Pending, refusal: Refusal): Promise<void> {
  const { letThrough } = pending
  const known = letThrough.get(refusal.id)
  if (known === undefined) letThrough.set(refusal.id, { refusal, count: 1 })
  else known.count += 1
  if (letThrough.size < MAX_KNOWN) return
  await flushLetThrough(parts, pending).catch((error: unknown) => {
    // They stand in the numbers all the same.
    letThrough.clear()
    parts.log.failure('gate.refusal-not-kept', error, { gate: parts.name, id: refusal.id })
  })
}

async function trimNames({ store, name }: GateParts, pending: Pending): Promise<void> {
  pending.newNames += 1
  if (pending.newNames < NAMES_AT_ONCE) return
  pending.newNames = 0
  await store.trimNameRefusals(name, NAMES_KEPT)
}

async function flush(parts: GateParts, pending: Pending): Promise<void> {
  const { store, clock, name } = parts
  const atMs = clock.nowMs()
  for (const one of pending.repeated.values())
    await writeTally(one, (refusal, count) => store.noteRefusal(refusal, atMs, count))
  await flushLetThrough(parts, pending)
  await flushNumbers(store, { gate: name, atMs, numbers: pending.numbers })
  if (atMs - pending.forgotAtMs < FORGET_EVERY_MS) return
  pending.forgotAtMs = atMs
  await store.forgetRefusals(atMs - KEPT_MS)
}

async function flushLetThrough({ store, clock }: GateParts, { letThrough }: Pending): Promise<void> {
  const atMs = clock.nowMs()
  for (const [id, one] of letThrough) {
    await writeTally(one, (refusal, count) => store.noteLetThrough(refusal, atMs, count))
    if (one.count === 0) letThrough.delete(id)
  }
}

/** What comes meanwhile, and what cannot be written, is written with the next. */
async function writeTally(
  one: Tally,
  write: (refusal: Refusal, count: number) => Promise<void>,
): Promise<void> {
  const { refusal, count } = one
  if (count === 0) return
  one.count -= count
  await write(refusal, count).catch((error: unknown) => {
    one.count += count
    throw error
  })
}

async function flushNumbers(
  store: GateParts['store'],
  { gate, atMs, numbers }: Pick<Pending, 'numbers'> & { readonly gate: string; readonly atMs: number },
): Promise<void> {
  for (const [what, count] of numbers) {
    if (count === 0) continue
    raise(numbers, what, -count)
    await store.count(gate, atMs, what, count).catch((error: unknown) => {
      raise(numbers, what, count)
      throw error
    })
  }
}
