import { accessSync, constants, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { describeError } from '../../base/index.ts'

/** Primary result codes, https://sqlite.org/rescode.html. */
const BUSY = 5
const LOCKED = 6
const READ_ONLY = 8
const IO_ERROR = 10
const FULL = 13
const CANNOT_OPEN = 14
const REASONS: ReadonlyMap<number, string> = new Map([
  [BUSY, 'is in use by another process'],
  [LOCKED, 'is in use by another process'],
  [READ_ONLY, 'is read-only'],
  [IO_ERROR, 'cannot be read or written: I/O error'],
  [11, 'is damaged: the database disk image is malformed'],
  [FULL, 'cannot be written: the disk is full'],
  [CANNOT_OPEN, 'cannot be opened'],
  [26, 'is damaged: it is not a database'],
])

/** What SQLite says when the system refused something, whatever that was. */
const UNSAID: ReadonlySet<number> = new Set([READ_ONLY, IO_ERROR, CANNOT_OPEN])

/** Whether another connection holds the file; every other failure says nothing about that. */
export function isHeld(error: unknown): boolean {
  return [BUSY, LOCKED].includes(primaryCode(error) ?? 0)
}

/** Why a statement failed that was in order; undefined where the statement is to blame, or somebody who holds the file. */
export function brokenReason(error: unknown): string | undefined {
  const code = primaryCode(error) ?? 0
  if (code === FULL) return 'full'
  return isHeld(error) ? undefined : REASONS.get(code)
}

type StatFs = (path: string) => { readonly blocks: number; readonly bavail: number }

/** What is wrong with the file, as the end of a sentence that begins with its path. */
export function sqliteReason(file: string, error: unknown, statfs: StatFs = statfsSync): string {
  const reason = REASONS.get(primaryCode(error) ?? 0)
  if (reason === undefined) return `cannot be used: ${describeError(error)}`
  return UNSAID.has(primaryCode(error) ?? 0) ? (reasonOfSystem(file, statfs) ?? reason) : reason
}

function primaryCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined
}

/**
 * SQLite keeps the system's reason to itself. The file is not opened: closing it would drop every lock that this
 * process has on it (fcntl(2)).
 */
function reasonOfSystem(file: string, statfs: StatFs): string | undefined {
  try {
    if (isFull(statfs(dirname(file)))) return 'cannot be written: the disk is full'
    if (statSync(file).isDirectory()) return 'cannot be opened: it is a folder'
    accessSync(file, constants.R_OK | constants.W_OK)
    return undefined
  } catch (error) {
    return `cannot be opened: ${describeError(error).replace(/, [a-z]+ '.*$/s, '')}`
  }
}

/** File systems that keep nothing, as that of /proc, or do not count, have no blocks at all. */
function isFull({ blocks, bavail }: ReturnType<StatFs>): boolean {
  return blocks > 0 && bavail === 0
}
