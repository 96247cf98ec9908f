/**
 * Memory that V8 would take for garbage. It collects young objects when their space is full; buffers lie outside of it,
 * and 64 MiB of them may wait.
 *
 * Node warns that flags which are set while it runs may do anything. By this one V8 sizes nothing ahead: whether there is
 * a `gc` is read whenever a context is made. Bun has another engine, and nothing is done there.
 */
import type * as V8 from 'node:v8'
import type * as Vm from 'node:vm'

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
