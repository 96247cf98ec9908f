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
  for (let one = error; one instanceof Error; one = one.cause) {
    const shortage = 'code' in one ? SHORTAGES.get(one.code) : undefined
    if (shortage !== undefined) return shortage
  }
  return undefined
}

/** Why no entry is taken after that failure. */
export function closedBy(error: unknown): WheelsealError {
  const shortage = shortageOf(error)
  if (shortage === 'space')
    return logErrors('log.full', `the disk is full (${wordsOf(error)})`, { cause: error })
  if (shortage === 'descriptors')
    return logErrors('log.descriptors', `too many files are open (${wordsOf(error)})`, { cause: error })
  return logErrors('log.poisoned', `an earlier commit failed: ${wordsOf(error)}`, { cause: error })
}

/** Clients read it: the system's own texts would show them where the files lie. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return describeError(error)
  return `${String(error.code)} in ${String(error.syscall)}`
}
