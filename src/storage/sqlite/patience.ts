import { setImmediate as othersTurn } from 'node:timers/promises'
import { storageErrors } from '../errors.ts'
import { brokenReason, isHeld } from './failure.ts'

/** How long SQLite itself waits, and holds up this thread, before it says that the file is held. */
export const BUSY_TIMEOUT_MS = 10
/** With the above: about 5 seconds where another process holds the file. */
const TURNS = 500

/**
 * Runs a statement, again and again while somebody else holds the file: it may be another connection of this thread,
 * which goes on only when it has its turn. Throws `storage.busy` when nobody lets go, and of other failures says why.
 */
export async function patiently<T>(statement: () => T): Promise<T> {
  for (let turn = 1; ; turn += 1) {
    try {
      return statement()
    } catch (error) {
      if (!isHeld(error)) throw sayingWhy(error)
      if (turn === TURNS)
        throw storageErrors('storage.busy', 'another program holds the database', { cause: error })
      await othersTurn()
    }
  }
}

/** For clients, in whose answers no path stands. */
function sayingWhy(error: unknown): unknown {
  const reason = brokenReason(error)
  if (reason === undefined) return error
  if (reason !== 'full') return storageErrors('storage.broken', `the database ${reason}`, { cause: error })
  // Its cause bears the system's code for it, which SQLite keeps to itself.
  const cause = Object.assign(new Error('the disk is full', { cause: error }), { code: 'ENOSPC' })
  return storageErrors('storage.full', 'the disk is full: the database cannot be written', { cause })
}
