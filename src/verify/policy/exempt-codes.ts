import { CHECK_NAMES } from '../verdict/verdict.ts'

/** What a gate says of one file, or of the files of one release; a test compares this with the codes of the gate. */
const OF_FILES = [
  'unsigned',
  'downgrade',
  'changed',
  'held',
  'late',
  'release',
  'unlisted',
  'gone',
  'quarantined',
  'blind',
  'split-view',
] as const

/** These say that the bytes are not the ones that were asked for, and no reason makes them so. */
const BYTES = ['gate.digest', 'gate.metadata']

/** The state of a gate or of a whole name, which no exemption of a file changes. */
const STATES = ['private', 'upstream', 'registry', 'stale', 'trust', 'clock', 'unknown'].map(
  (one) => `gate.${one}`,
)

/** Codes of commands. */
const COMMANDS = ['gate.approve']

const EXEMPTABLE: ReadonlySet<string> = new Set([
  ...OF_FILES.map((one) => `gate.${one}`),
  ...CHECK_NAMES.map((one) => `verify.${one}`),
])

/** Other bytes under the same name and version would be let through too. */
export const NEEDS_DIGEST: ReadonlySet<string> = new Set([
  'verify.signature',
  'gate.quarantined',
  'gate.split-view',
])

/** Why this code is not exempted; undefined where it may be. */
export function codeProblem(code: string): string | undefined {
  if (EXEMPTABLE.has(code)) return undefined
  if (BYTES.includes(code)) return 'is never exempted: the bytes are not those that were listed'
  if (STATES.includes(code)) return 'is never exempted: it is not about one file'
  if (COMMANDS.includes(code)) return 'is never exempted: it does not refuse a file'
  return 'is not a code of a refusal such as "gate.unsigned"'
}
