import { bytesEqual } from '../../base/index.ts'
import type { LoggedEntry, SealParts } from '../../formats/sigstore/index.ts'
import {
  checkEntry,
  promisedSeconds,
  trustFor,
  type EntryFindings,
  type EntryRequest,
} from './check-entry.ts'
import { logCheckpoint, type LogCheckpoint } from './log-checkpoint.ts'
import { trustedLog } from './trusted-log.ts'
import { failed, isGood, passed, undecided, type Finding } from '../verdict/verdict.ts'

/** What the entries of a seal say together. */
export interface LogFindings extends EntryFindings {
  readonly logged: Finding
  /** The entry whose findings are reported. */
  readonly chosen: LoggedEntry | undefined
  /** Every integrated time that a SET signs and that counts. */
  readonly timesSeconds: readonly number[]
  /** Those that were verified, of the entries that count. */
  readonly checkpoints: readonly LogCheckpoint[]
}

interface JudgedEntry {
  readonly entry: LoggedEntry
  readonly findings: EntryFindings
}

const MAX_ENTRIES = 32

export function checkEntries(seal: SealParts, request: EntryRequest): LogFindings {
  const { entries } = seal
  const logged = checkLogged(seal)
  if (logged.outcome !== 'passed')
    return { logged, ...noEntry(seal), chosen: undefined, timesSeconds: [], checkpoints: [] }
  const judged = entries.map((entry) => ({ entry, findings: checkEntry(entry, request) }))
  // A log that is asked answers with whatever fits; what a file brings along, it vouches for.
  const isAnswer = (seal.format ?? 'files') === 'files'
  const chosen = isAnswer ? best(judged) : worst(judged)
  const counted = isAnswer ? [chosen] : judged
  const timesSeconds = counted.flatMap((one) => promisedSeconds(one.entry) ?? [])
  const checkpoints = counted.flatMap((one) => verifiedCheckpoint(one, request) ?? [])
  return { logged, ...chosen.findings, chosen: chosen.entry, timesSeconds, checkpoints }
}

function verifiedCheckpoint(
  { entry, findings: { checkpoint } }: JudgedEntry,
  request: EntryRequest,
): LogCheckpoint | undefined {
  const named = trustedLog(entry, trustFor(entry, request))
  if (checkpoint.outcome !== 'passed' || 'problem' in named) return undefined
  return logCheckpoint(entry, named.log.spki)
}

/** cosign: "signature not found in transparency log". */
function checkLogged({ entries, format = 'files' }: SealParts): Finding {
  if (entries.length === 0) return failed('the signature was not found in the transparency log')
  if (entries.length > MAX_ENTRIES)
    return failed(`${entries.length} log entries, at most ${MAX_ENTRIES} are allowed`)
  const isTwice = entries.some((one, at) => entries.slice(at + 1).some((other) => isSame(one, other)))
  // sigstore-js and sigstore-go: no entry counts twice.
  if (isTwice && format !== 'files') return failed('a log entry occurs twice')
  return passed(`found in the transparency log`)
}

function isSame(one: LoggedEntry, other: LoggedEntry): boolean {
  if (one.logId !== other.logId) return false
  return one.logIndex === other.logIndex || bytesEqual(one.body, other.body)
}

function noEntry({ entries }: SealParts): EntryFindings {
  const missing = undecided(
    entries.length === 0 ? 'there is no log entry' : 'not checked: the list of log entries is not valid',
  )
  return { entry: missing, inclusion: missing, checkpoint: missing, set: missing }
}

/**
 * cosign: entries that do not hold are passed over, and of those that do the earliest counts. When none holds, the one
 * that comes nearest explains the refusal.
 */
function best(judged: readonly JudgedEntry[]): JudgedEntry {
  return judged.reduce((a, b) => (compare(b, a) < 0 ? b : a))
}

/** All must hold, so that the worst speaks for all. */
function worst(judged: readonly JudgedEntry[]): JudgedEntry {
  return judged.reduce((a, b) => (score(b) < score(a) ? b : a))
}

function compare(a: JudgedEntry, b: JudgedEntry): number {
  const seconds = ({ entry }: JudgedEntry): number => promisedSeconds(entry) ?? Infinity
  return score(b) - score(a) || seconds(a) - seconds(b)
}

function score({ findings }: JudgedEntry): number {
  return Object.values<Finding>({ ...findings }).filter((finding) => isGood(finding)).length
}
