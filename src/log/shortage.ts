import { describeError, type WheelsealError } from '../base/index.ts'
import { logErrors } from './errors.ts'

/** What passes by itself once there is room again, unlike a broken disk. */
export type Shortage = 'space' | 'descriptors'

const SHORTAGES: ReadonlyMap<unknown, Shortage> = new Map([
  ['ENOSPC', 'space'],
  ['EDQUOT', 'space'],
  ['EMFILE', 'descriptors'],
  ['ENFILE', 'descriptors'],
])

/** By the system's code, of the error or of one that caused it. */
export function shortageOf(error: unknown): Shortage | undefined {
  return SHORTAGES.get(codeOf(shortOf(error)))
}

function shortOf(error: unknown): Error | undefined {
  for (let one = error; one instanceof Error; one = one.cause) if (SHORTAGES.has(codeOf(one))) return one
  return undefined
}

function codeOf(error: Error | undefined): unknown {
  return error !== undefined && 'code' in error ? error.code : undefined
}

/** Why no entry is taken after that failure. */
export function closedBy(error: unknown): WheelsealError {
  const shortage = shortageOf(error)
  const words = wordsOf(shortOf(error) ?? error)
  if (shortage === 'space') return logErrors('log.full', `the disk is full (${words})`, { cause: error })
  if (shortage === 'descriptors')
    return logErrors('log.descriptors', `too many files are open (${words})`, { cause: error })
  return logErrors('log.poisoned', `an earlier commit failed: ${words}`, { cause: error })
}

/** Clients read it: the system's own texts would show them where the files lie. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return describeError(error)
  if ('syscall' in error) return `${String(error.code)} in ${String(error.syscall)}`
  return SHORTAGES.has(error.code) ? String(error.code) : describeError(error)
}
