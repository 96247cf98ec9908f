import { EMPTY_ROOT } from '../formats/merkle/index.ts'
import { logErrors } from './errors.ts'
import type { TransparencyLog } from './log.ts'

/**
 * Stands for a log whose files are gone, under keys that clients trust: it answers nothing and takes nothing, since any
 * head that it signed would be a fork.
 */
export function lostLog(): TransparencyLog {
  const reason = logErrors('log.lost', 'the files of the log are gone')
  const refuse = (): Promise<never> => Promise.reject(reason)
  return {
    append: refuse,
    refusal: () => reason.message,
    head: refuse,
    headAt: refuse,
    entry: refuse,
    entries: refuse,
    find: refuse,
    findByKey: refuse,
    inclusionProof: refuse,
    consistencyProof: refuse,
    check: async () => ({ head: { size: 0, root: EMPTY_ROOT }, problems: [reason.message] }),
    close: async () => undefined,
  }
}

/** Can be read, and takes nothing. */
export function frozenLog(log: TransparencyLog, why: string): TransparencyLog {
  const reason = logErrors('log.frozen', why)
  return { ...log, append: () => Promise.reject(reason), refusal: () => reason.message }
}
