import { baseErrors, type Source } from '../../base/index.ts'
import type { Incoming } from '../cache.ts'
import { gateErrors } from '../errors.ts'

/** Bytes of a file that are on their way from the upstream into the cache, followed by whoever asked for them. */
export interface Arriving {
  /** Resolves when all bytes were proved and kept. Rejects with what is wrong with them, or with the upstream. */
  readonly proved: Promise<void>
  /** Resolves before that, when nothing of them is kept yet: what is written at once is one commit with what is kept. */
  readonly judged: Promise<void>
  /**
   * What comes, but for the last bytes, which wait until everything is proved: no client ever has a whole file that was
   * not. Fails with what `proved` rejects with. Who has asked for the first bytes counts, until `return`.
   */
  follow(): AsyncGenerator<Uint8Array>
  /** `proved`, for who waits for all of it: counts as one who follows. */
  waited(): Promise<void>
  /** The same, until what is kept of the bytes beside the cache is durable: the cache may still take them in. */
  waitedForMetadata(): Promise<void>
  arrivedBytes(): number
  /** It has ended, well or badly: what is kept is in the cache, and nothing can be followed any more. */
  isDone(): boolean
}

export interface ArrivingParts {
  readonly incoming: Incoming
  readonly bytes: AsyncIterable<Uint8Array>
  /** Judges all that has arrived. Throws what is wrong with it. What it gives keeps what else is kept of these bytes. */
  readonly prove: (whole: Source, sha256: string) => Promise<() => Promise<void>>
  /** Whether nobody who is gone may end it: a small file is fetched for the next one all the same. */
  readonly isKeptGoing: (arrivedBytes: number) => boolean
  /** Ends the exchange with the upstream. */
  readonly abort: (reason: Error) => void
}

/**
 * What a client does not get before all bytes are proved. That the rest is no whole answer is what keeps it from being
 * installed: an archive may have as much behind its end.
 */
export const HELD_BACK_BYTES = 64 << 10

interface State {
  arrived: number
  /** All has come, and is being judged: nothing is left to be ended. */
  isWhole: boolean
  isProved: boolean
  failure: Error | undefined
  followers: number
  isDone: boolean
  readonly waiting: (() => void)[]
  /** What is kept beside the cache is durable. */
  readonly kept: PromiseWithResolvers<void>
  readonly judged: PromiseWithResolvers<void>
}

export function startArriving(parts: ArrivingParts): Arriving {
  const state: State = {
    arrived: 0,
    isWhole: false,
    isProved: false,
    failure: undefined,
    followers: 0,
    isDone: false,
    waiting: [],
    kept: Promise.withResolvers(),
    judged: Promise.withResolvers(),
  }
  const proved = take(parts, state)
  // Whoever follows hears of it; that nobody follows is no failure of the process.
  for (const { promise, reject } of [state.kept, state.judged]) {
    proved.catch(reject)
    promise.catch(() => undefined)
  }
  return {
    proved,
    judged: state.judged.promise,
    arrivedBytes: () => state.arrived,
    isDone: () => state.isDone,
    follow: () => follow(parts, state),
    waited: () => waitedUntil(parts, state, proved),
    waitedForMetadata: () => waitedUntil(parts, state, state.kept.promise),
  }
}

async function waitedUntil(parts: ArrivingParts, state: State, done: Promise<void>): Promise<void> {
  state.followers += 1
  try {
    await done
  } finally {
    await leave(parts, state)
  }
}

async function take(parts: ArrivingParts, state: State): Promise<void> {
  const { incoming, bytes, prove } = parts
  try {
    for await (const part of bytes) {
      await incoming.write(part)
      state.arrived += part.length
      wake(state)
    }
    state.isWhole = true
    const { sha256, sizeBytes } = incoming.state()
    const keep = await prove(sourceOf(incoming, sizeBytes), sha256)
    state.judged.resolve()
    await bothDone(keep().then(state.kept.resolve), incoming.commit())
    state.isProved = true
  } catch (error) {
    state.failure = error instanceof Error ? error : new Error('the fetch failed', { cause: error })
    parts.abort(state.failure)
    throw state.failure
  } finally {
    state.isDone = true
    wake(state)
    await discardIfIdle(parts, state)
  }
}

/** Whatever fails, nothing is under way any more. */
async function bothDone(...both: readonly [Promise<void>, Promise<void>]): Promise<void> {
  await Promise.allSettled(both)
  await Promise.all(both)
}

function wake({ waiting }: State): void {
  for (const one of waiting.splice(0)) one()
}

async function discardIfIdle({ incoming }: ArrivingParts, { isDone, followers }: State): Promise<void> {
  if (isDone && followers === 0) await incoming.discard()
}

async function* follow(parts: ArrivingParts, state: State): AsyncGenerator<Uint8Array> {
  state.followers += 1
  let at = 0
  try {
    for (;;) {
      if (state.failure !== undefined) throw state.failure
      const end = state.isProved ? state.arrived : state.arrived - HELD_BACK_BYTES
      if (end > at) {
        yield* parts.incoming.read(at, end)
        at = end
      } else if (state.isProved) return
      else await new Promise<void>((resolve) => state.waiting.push(resolve))
    }
  } finally {
    await leave(parts, state)
  }
}

async function leave(parts: ArrivingParts, state: State): Promise<void> {
  state.followers -= 1
  const isLast = state.followers === 0 && !state.isWhole && !state.isDone
  if (isLast && !parts.isKeptGoing(state.arrived))
    parts.abort(gateErrors('gate.upstream', 'no client waited for the file any more; try again'))
  await discardIfIdle(parts, state)
}

function sourceOf(incoming: Incoming, size: number): Source {
  return {
    size,
    read: async (offset, length) => {
      // Of an enemy's archive: nothing is allocated for what is not there.
      if (offset < 0 || length < 0 || offset + length > size)
        throw baseErrors('base.truncated', `the file ends before byte ${offset + length}`)
      const whole = new Uint8Array(length)
      let at = 0
      for await (const part of incoming.read(offset, offset + length)) {
        whole.set(part, at)
        at += part.length
      }
      if (at !== length) throw baseErrors('base.truncated', `the file ends before byte ${offset + length}`)
      return whole
    },
  }
}
