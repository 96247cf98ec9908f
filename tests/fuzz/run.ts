import { describeError, errorKinds, WheelsealError } from '../../src/base/index.ts'
import type { JsonValue } from '../../src/base/index.ts'
import { mutate, mutateJson, Random } from './mutate.ts'

/** A parser on trial. `read` throws what the parser throws, and an `Error` for a promise that is broken. */
export interface Target {
  readonly name: string
  /** What the parser may refuse with; none where it never throws. */
  readonly codes: readonly string[]
  readonly seeds: readonly Uint8Array[]
  readonly read: (bytes: Uint8Array) => void
  /** For parsers of JSON: documents to change by their structure, beside their text. */
  readonly documents?: readonly JsonValue[]
  readonly readJson?: (document: JsonValue) => void
}

const MOST_MS = 250
const MOST_MESSAGE_LENGTH = 1000

/** Case `index` of a seed is always the same. Throws an error that names it, with the input. */
export function runCase(target: Target, seed: string, index: number): void {
  const random = new Random(`${seed}/${target.name}/${index}`)
  const { documents, readJson } = target
  if (documents !== undefined && readJson !== undefined && index % 2 === 1) {
    const document = mutateJson(random.oneOf(documents), random)
    return attempt(
      target,
      () => readJson(document),
      () => JSON.stringify(document),
    )
  }
  const bytes = mutate(target.seeds, random)
  return attempt(
    target,
    () => target.read(bytes),
    () => Buffer.from(bytes).toString('base64'),
  )
}

function attempt(target: Target, read: () => void, show: () => string): void {
  const fault = timed(() => faultOf(target, read))
  if (fault === undefined) return
  const input = show()
  throw new Error(`${target.name}: ${fault}\n${input.slice(0, 2000)}${input.length > 2000 ? '…' : ''}`)
}

/** Time on the processor, so that a busy machine is no fault; slow once may be the compiler. */
function timed(read: () => string | undefined): string | undefined {
  let quickest = Infinity
  for (let tries = 0; tries < 3; tries += 1) {
    const start = process.threadCpuUsage()
    const fault = read()
    const { user, system } = process.threadCpuUsage(start)
    quickest = Math.min(quickest, (user + system) / 1000)
    if (fault !== undefined || quickest <= MOST_MS) return fault
  }
  return `takes ${Math.round(quickest)} ms, ${MOST_MS} are allowed`
}

function faultOf({ codes }: Target, read: () => void): string | undefined {
  try {
    read()
    return undefined
  } catch (error) {
    if (!(error instanceof WheelsealError))
      return `fails with ${error instanceof Error ? error.stack : String(error)}`
    if (!codes.includes(error.code) || !errorKinds().has(error.code))
      return `refuses with ${error.code}: ${describeError(error)}`
    if (error.message.length > MOST_MESSAGE_LENGTH) return `says ${error.message.length} characters`
    return undefined
  }
}
