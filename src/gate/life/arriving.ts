import type { Source } from '../../base/index.ts'
import type { Incoming } from '../cache.ts'

/** Bytes of a file that are on their way from the upstream into the cache, followed by whoever asked for them. */
export interface Arriving {
  /** Resolves when all bytes were proved and kept. Rejects with what is wrong with them, or with the upstream. */
  readonly proved: Promise<void>
  /**
   * What comes from `start` on, but for the last bytes, which wait until everything is proved: no client ever has a whole
   * file that was not. Fails with what `proved` rejects with.
   */
  follow(start?: number): AsyncGenerator<Uint8Array>
  arrivedBytes(): number
  /** It has ended, well or badly: what is kept is in the cache, and nothing can be followed any more. */
  isDone(): boolean
}

export interface ArrivingParts {
  readonly incoming: Incoming
  readonly bytes: AsyncIterable<Uint8Array>
  /** Judges all that has arrived. Throws what is wrong with it. */
  readonly prove: (whole: Source, sha256: string) => Promise<void>
  /** Whether nobody who is gone may end it: a small file is fetched for the next one all the same. */
  readonly isKeptGoing: (arrivedBytes: number) => boolean
  /** Ends the exchange with the upstream. */
  readonly abort: (reason: Error) => void
}

/** What a client does not get before all bytes are proved. More than what any archive can be read without. */
const HELD_BACK_BYTES = 64 << 10

interface State {
  arrived: number
  isProved: boolean
  failure: Error | undefined
  followers: number
  isDone: boolean
  readonly waiting: (() => void)[]
}

export function startArriving(parts: ArrivingParts): Arriving {
  const state: State = {
    arrived: 0,
    isProved: false,
    failure: undefined,
    followers: 0,
    isDone: false,
    waiting: [],
  }
  const proved = take(parts, state)
  // Whoever follows hears of it; that nobody follows is no failure of the process.
  proved.catch(() => undefined)
  return {
    proved,
    arrivedBytes: () => state.arrived,
    isDone: () => state.isDone,
    follow: (start = 0) => follow(parts, state, start),
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
    const { sha256, sizeBytes } = incoming.state()
    await prove(sourceOf(incoming, sizeBytes), sha256)
    await incoming.commit()
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

function wake({ waiting }: State): void {
  for (const one of waiting.splice(0)) one()
}

async function discardIfIdle({ incoming }: ArrivingParts, { isDone, followers }: State): Promise<void> {
  if (isDone && followers === 0) await incoming.discard()
}

async function* follow(parts: ArrivingParts, state: State, start: number): AsyncGenerator<Uint8Array> {
  state.followers += 1
  let at = start
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
    state.followers -= 1
    const isLast = state.followers === 0 && !state.isDone
    if (isLast && !parts.isKeptGoing(state.arrived))
      parts.abort(new Error('no client waits for the file any more'))
    await discardIfIdle(parts, state)
  }
}

function sourceOf(incoming: Incoming, size: number): Source {
  return {
    size,
    read: async (offset, length) => {
      const whole = new Uint8Array(length)
      let at = 0
      for await (const part of incoming.read(offset, Math.min(offset + length, size))) {
        whole.set(part, at)
        at += part.length
      }
      if (at !== length) throw new RangeError('the bytes that arrived are shorter than they were')
      return whole
    },
  }
}
