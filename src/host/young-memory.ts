/**
 * Memory that V8 would take for garbage. It collects young objects when their space is full, and lets that grow to a
 * hundred MiB under load; buffers lie outside of it, and 64 MiB of them may wait. What lives of a server that streams
 * files is less than either.
 *
 * Node warns that flags which are set while it runs may do anything. V8 sizes nothing ahead by these two: it reads the
 * factor whenever it is about to grow that space, and whether there is a `gc` whenever it makes a context. Bun has another
 * engine, and nothing is done there.
 */
import type * as V8 from 'node:v8'
import type * as Vm from 'node:vm'

/** Of either half. Of half as much, pages that are kept take noticeably more of the processor. */
const MOST_YOUNG_BYTES = 8 << 20
/** From what V8 begins with, it takes more than this to grow far beyond the most. */
const LOOK_MS = 1000

/** Lets the space of young objects grow so far, also after V8 has made it small because little happened. */
export function boundYoungSpace(lookMs = LOOK_MS): void {
  const engine = v8()
  if (engine === undefined) return
  const bound = (): void => {
    const factor = 2 * youngBytes(engine) <= MOST_YOUNG_BYTES ? 2 : 1
    engine.setFlagsFromString(`--semi-space-growth-factor=${factor}`)
  }
  bound()
  setInterval(bound, lookMs).unref()
}

function youngBytes(engine: typeof V8): number {
  const space = engine.getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')
  return space === undefined ? 0 : space.space_used_size + space.space_available_size
}

const BYTES_BETWEEN_COLLECTIONS = 8 << 20
let passedBytes = 0
let collect: (() => void) | undefined

/** To be told of each buffer of a stream. Every so many bytes, those that are done with are freed. */
export function passBuffer({ length }: Uint8Array): void {
  passedBytes += length
  if (passedBytes < BYTES_BETWEEN_COLLECTIONS) return
  passedBytes = 0
  collect ??= youngCollection()
  collect()
}

/** Takes about a millisecond: what costs time is what lives of the young objects. */
function youngCollection(): () => void {
  const engine = v8()
  if (engine === undefined) return () => undefined
  const vm: typeof Vm = process.getBuiltinModule('node:vm')
  engine.setFlagsFromString('--expose-gc')
  const gc: unknown = vm.runInNewContext('gc')
  // No other context is to have it.
  engine.setFlagsFromString('--no-expose-gc')
  return typeof gc === 'function' ? () => void gc({ type: 'minor' }) : () => undefined
}

function v8(): typeof V8 | undefined {
  return process.versions['bun'] === undefined ? process.getBuiltinModule('node:v8') : undefined
}
