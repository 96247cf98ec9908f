import { describeError, isoTime, WheelsealError, type JsonValue } from '../base/index.ts'
import { bundlePath, type FileOutcome, type Origin } from '../client/verify/index.ts'
import { checkLine, comparisonLines, type Check, type Identity } from '../verify/index.ts'
import type { Line, Mark } from './screen.ts'
import { moreLine } from './terminal.ts'

export interface Report {
  readonly outcomes: readonly FileOutcome[]
  readonly origins: readonly Origin[]
  /** Signature and attestation files of files that were named too: these are checked with those. */
  readonly leftOut: readonly string[]
  /** Bundles that were written. */
  readonly saved: readonly string[]
}

const TITLES: Readonly<Record<string, string>> = {
  'trusted-root': 'trust root',
  'tuf-url': 'trust root of the TUF repository',
  'tuf-root': 'first root of the TUF repository',
  'gitlab-url': 'GitLab',
}

/** The trust root, and what else no flag has said. */
export function originLines(origins: readonly Origin[]): readonly string[] {
  return origins.map(({ name, value, from }) => `${TITLES[name] ?? name}: ${value} (${from})`)
}

/** What was not checked, and of several files how many are verified. */
export function closingLines(report: Report): readonly string[] {
  const { outcomes } = report
  const lines: string[] = []
  const skipped = notChecked(report)
  if (skipped.length > 0) lines.push(`signature and attestation files skipped: ${skipped.join(', ')}`)
  const verified = outcomes.filter((one) => one.verified).length
  if (outcomes.length > 1) lines.push(`${verified} of ${outcomes.length} files are verified`)
  return lines
}

/** Of the files beside a target, and of those that were named, what no verdict is about. */
function notChecked({ outcomes, leftOut }: Pick<Report, 'outcomes' | 'leftOut'>): readonly string[] {
  const checked = new Set(outcomes.flatMap(({ seal }) => seal))
  const skipped = [...leftOut, ...outcomes.flatMap((one) => one.notChecked ?? [])]
  return [...new Set(skipped)].filter((path) => !checked.has(path))
}

/** One line for a file that is well. */
export function verifiedLine(outcome: FileOutcome, saved: readonly string[] = []): string {
  const { message, askedLog, attestations, also } = outcome
  const first =
    attestations === undefined ? '' : `; all ${attestations} attestations are valid, this is the first`
  const more = also === undefined ? first : `${first}; also verified with ${also.join(', ')}`
  if (askedLog === undefined) return message + more
  return `${message}${more}; the log entry was fetched from ${askedLog} (${offer(outcome, saved)})`
}

function offer(outcome: FileOutcome, saved: readonly string[]): string {
  const path = bundlePath(outcome)
  if (path === undefined) return 'a bundle contains it'
  if (saved.includes(path)) return `saved as ${path}`
  return `--save-bundle writes it to ${path}`
}

/** The sentence, what was expected and what was found, what else failed, the next step; `all`: every check there is. */
export function refusalLines(
  { message, hint, checks, reason }: FileOutcome,
  which: 'failed' | 'all' = 'failed',
): readonly [Line, ...Line[]] {
  // Where no log was asked, the code is not that of the check.
  const decides =
    checks.find(({ name }) => `verify.${name}` === reason) ??
    checks.find(({ outcome }) => outcome === 'failed')
  const others = checks.filter((check) => check.outcome === 'failed' && check !== decides)
  const compared = decides === undefined ? [] : marked('none', comparisonLines(decides))
  const more = which === 'all' ? checkReport({ checks }) : [...compared, ...checkReport({ checks: others })]
  return [
    { mark: 'failed', text: message },
    ...more,
    ...(hint === undefined ? [] : [`hint: ${hint}`]),
    moreLine(reason),
  ]
}

const CHECK_MARKS: Readonly<Record<Check['outcome'], Mark>> = {
  passed: 'passed',
  failed: 'failed',
  undecided: 'undecided',
  'not-applicable': 'skipped',
}

/** A line for each check, and what it compared. */
export function checkReport({ checks }: Pick<FileOutcome, 'checks'>): readonly Line[] {
  return checks.flatMap((check) => [
    ...marked(CHECK_MARKS[check.outcome], [checkLine(check)]),
    ...marked('none', comparisonLines(check)),
  ])
}

function marked(mark: Mark, texts: readonly string[]): readonly Line[] {
  return texts.map((text) => ({ mark, text }))
}

/** schemas/verify-output.schema.json. `checks` are those of the file that decides: the first that is refused. */
export function reportJson({ outcomes, origins, leftOut, saved }: Report): JsonValue {
  const decides = outcomes.find((one) => !one.verified) ?? outcomes[0]
  if (decides === undefined) throw new Error('a report of no file')
  const { verified, reason, message, hint, checks } = decides
  return {
    verified,
    reason,
    message,
    ...(hint === undefined ? {} : { hint }),
    checks: checks.map(checkJson),
    files: outcomes.map(fileJson),
    leftOut: [...leftOut],
    notChecked: [...notChecked({ outcomes, leftOut })],
    saved: [...saved],
    settings: origins.map((origin) => ({ ...origin })),
  }
}

/** A failure before any file was looked at, or one that should not be. */
export function failureJson(error: unknown, origins: readonly Origin[]): JsonValue {
  const settings = origins.map((origin) => ({ ...origin }))
  const empty = { checks: [], files: [], leftOut: [], notChecked: [], saved: [] }
  return { verified: false, ...failureOf(error), ...empty, settings }
}

function failureOf(error: unknown): {
  readonly reason: string
  readonly message: string
  readonly hint?: string
} {
  if (!(error instanceof WheelsealError)) return { reason: 'internal', message: describeError(error) }
  const { code: reason, message, hint } = error
  return { reason, message, hint }
}

function fileJson(outcome: FileOutcome): JsonValue {
  const { file, sha256, verified, reason, message, hint, verdict, seal, attestations, askedLog } = outcome
  const { identity, signedAtSeconds, logIndex } = verdict ?? {}
  return {
    ...given({ file, sha256, verified, reason, message, hint }),
    ...given({
      identity: identity && identityJson(identity),
      signedAt: signedAtText(signedAtSeconds),
      logIndex,
    }),
    seal: [...seal],
    ...given({ attestations, askedLog }),
    checks: outcome.checks.map(checkJson),
  }
}

function given(
  members: Readonly<Record<string, JsonValue | undefined>>,
): Readonly<Record<string, JsonValue>> {
  return Object.fromEntries(
    Object.entries(members).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}

/** 9999-12-31, the last day that the form has. */
const LAST_SECONDS = 253_402_300_799

/** A bundle may state any number; one that is no day is told by the check `time` alone. */
function signedAtText(seconds: number | undefined): string | undefined {
  return seconds === undefined || seconds > LAST_SECONDS ? undefined : isoTime(seconds)
}

function identityJson({ san, issuer, extensions }: Identity): JsonValue {
  return { san, issuer, claims: { ...extensions } }
}

function checkJson(check: Check): JsonValue {
  return { ...check }
}
