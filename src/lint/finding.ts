import type { Position } from '../ciconfig/index.ts'

/** `error`: whoever wants to can defeat the signatures; `warning`: it fails, or fails to protect, some day; `note`: worth knowing. */
export const SEVERITIES = ['note', 'warning', 'error'] as const
export type Severity = (typeof SEVERITIES)[number]

/** Put `text` in place of a range of a file. Lines and columns count from 1; the end is behind the range. */
export interface Edit {
  readonly file: string
  readonly from: number
  readonly to: number
  readonly text: string
}

/** One place where a rule is broken. */
export interface Hit extends Position {
  /** What is there, in a few words: `the job publish uploads on every branch`. */
  readonly what: string
  /** Offsets in the file, and what goes there. Only where the change can break nothing. */
  readonly edits?: readonly Edit[]
}

/** A rule that a file breaks, once, with every place. */
export interface Finding {
  readonly rule: string
  readonly title: string
  readonly severity: Severity
  readonly file: string
  /** In the order of the file; at least one. */
  readonly hits: readonly [Hit, ...Hit[]]
  readonly consequence: string
  readonly fix: string
}
