import { compareVersions, isFinal } from '../formats/python/index.ts'
import type { Decision, Ground } from './decision.ts'
import { decideName } from './decide/decide.ts'
import type { Mode } from './decide/mode.ts'
import type { GoodSeal, NameDecision, ReleaseDecision, ReleaseQuestion } from './decide/question.ts'
import { ruleText } from './decide/question.ts'
import { fullMinuteMs, isoText } from './decide/times.ts'
import type { JudgedFile, KnownFile, Pin, ReleaseFacts } from './facts.ts'
import { nextSteps } from './next-steps.ts'
import { listedFiles, releaseStates } from './release-states.ts'
import type { FileReport, PinReport, ReleaseReport, ReportedOutcome, SignerReport } from './report.ts'
import { shownText } from './sentence-text.ts'

export interface ReportQuestion {
  readonly gate: string
  readonly mode: Mode
  readonly policySha256: string
  readonly question: ReleaseQuestion
  /** As this gate serves it, absolute. */
  readonly urlOf: (file: KnownFile) => string
  readonly sentenceOf: (judged: JudgedFile, ground: Ground) => string
  /** What is said beside the decision on a file. */
  readonly notesOf?: (file: KnownFile) => readonly string[]
}

/** More are left out, the worst last. */
const MAX_FILES = 5000
export const MAX_PINS = 200
/** Of one text of others. */
const MAX_TEXT = 600

/** What `why` says of a release; undefined for a version that nobody knows. All texts of others are printable ASCII. */
export function releaseReport(asked: ReportQuestion): ReleaseReport | undefined {
  const { question, gate, mode, policySha256 } = asked
  const { facts, versionKey } = question
  const decided = decideName(question)
  const release = facts.releases.find((one) => one.versionKey === versionKey)
  const decisions = decided.releases.get(versionKey)
  if (release === undefined || decisions === undefined) return undefined
  const worst = worstFile(release, decisions)
  const served = worst?.decision.outcome === 'allowed' ? undefined : newestServed(decided, asked)
  const { name, upstream, pins } = facts
  const version = shownText(release.version)
  return {
    gate,
    mode,
    name,
    version,
    upstream: shownText(upstream),
    outcome: worst?.decision.outcome ?? 'allowed',
    rule: shownText(ruleText(question), MAX_TEXT),
    policySha256,
    states: releaseStates(facts, release, [...decisions.values()]),
    files: fileReports(release, decisions, asked),
    servedInstead: served === undefined ? null : servedReport(served),
    pins: pins.slice(0, MAX_PINS).map(pinReport),
    next: worst === undefined ? [] : nextSteps({ name, version, ...worst, servedVersion: served?.version }),
  }
}

interface DecidedFile {
  readonly judged: JudgedFile
  readonly decision: Decision
}

const ORDER: readonly ReportedOutcome[] = ['refused', 'held', 'not judged', 'allowed']

/** What was taken back does not count while anything else is left. */
function worstFile(release: ReleaseFacts, decisions: ReleaseDecision): DecidedFile | undefined {
  let worst: DecidedFile | undefined
  for (const judged of listedFiles(release)) {
    const decision = decisions.get(judged.file.fileName)
    if (decision !== undefined && (worst === undefined || rank(decision) < rank(worst.decision)))
      worst = { judged, decision }
  }
  return worst
}

/** Of two that are refused the one that is so for itself. */
function rank({ outcome, ground }: Decision): number {
  return 2 * ORDER.indexOf(outcome) + (ground?.code === 'gate.release' ? 1 : 0)
}

function fileReports(
  { files }: ReleaseFacts,
  decisions: ReleaseDecision,
  asked: ReportQuestion,
): readonly FileReport[] {
  const reports: FileReport[] = []
  for (const judged of files.slice(0, MAX_FILES)) {
    const decision = decisions.get(judged.file.fileName)
    if (decision !== undefined) reports.push(fileReport({ judged, decision }, asked))
  }
  return reports
}

function fileReport(
  { judged, decision }: DecidedFile,
  { urlOf, sentenceOf, notesOf }: ReportQuestion,
): FileReport {
  const { file } = judged
  const { outcome, ground, untilMs, grounds, notes } = decision
  const signer = decision.seal ?? firstGood(judged)
  return {
    fileName: shownText(file.fileName, 300),
    sha256: file.sha256,
    upstreamUrl: shownText(file.url, MAX_TEXT),
    url: urlOf(file),
    uploadedAt: isoText(file.uploadedAtMs ?? file.firstSeenAtMs),
    uploadedAtIs: file.uploadedAtMs === null ? 'first seen' : 'said',
    outcome,
    ...(ground === undefined ? {} : { code: ground.code, sentence: sentenceOf(judged, ground) }),
    ...(untilMs === undefined
      ? {}
      : { until: isoText(outcome === 'held' ? fullMinuteMs(untilMs) : untilMs) }),
    grounds: grounds.map(groundReport),
    ...(signer === undefined ? {} : { signer: signerReport(signer) }),
    notes: [...notes, ...(notesOf?.(file) ?? [])].map((note) => shownText(note, MAX_TEXT)),
  }
}

function groundReport({
  code,
  fact,
  exemptedBy,
}: Decision['grounds'][number]): FileReport['grounds'][number] {
  const exempted = exemptedBy === undefined ? {} : { exemptedBy: shownText(exemptedBy) }
  return { code, fact: shownText(fact, MAX_TEXT), ...exempted }
}

function firstGood({ seals }: JudgedFile): GoodSeal | undefined {
  const verdicts = seals.kind === 'judged' ? seals.verdicts : []
  return verdicts.find((one) => one.holds)
}

function signerReport({ identity, signedAtMs, logIndex }: GoodSeal): SignerReport {
  const claims = Object.entries(identity.extensions).map(([name, text]) => [name, shownText(text, MAX_TEXT)])
  return {
    identity: shownText(identity.san, MAX_TEXT),
    issuer: shownText(identity.issuer, MAX_TEXT),
    claims: Object.fromEntries(claims) as Readonly<Record<string, string>>,
    signedAt: isoText(signedAtMs),
    logIndex,
  }
}

export function pinReport({ shown, issuer, workflow, sinceMs, by }: Pin): PinReport {
  return {
    repository: shownText(shown, MAX_TEXT),
    issuer: shownText(issuer, MAX_TEXT),
    workflow: workflow === null ? null : shownText(workflow, MAX_TEXT),
    since: isoText(sinceMs),
    by: shownText(by),
  }
}

interface Served {
  readonly version: string
  readonly seal: GoodSeal | undefined
}

/** What an installer takes without a pin: the newest final version of which a file may be served. */
function newestServed(decided: NameDecision, { question }: ReportQuestion): Served | undefined {
  let best: Served | undefined
  for (const { versionKey, version } of question.facts.releases) {
    const decisions = [...(decided.releases.get(versionKey)?.values() ?? [])]
    const served = decisions.find(({ outcome }) => outcome === 'allowed' || outcome === 'not judged')
    const isBetter = served !== undefined && (best === undefined || isNewer(version, best.version))
    if (isBetter) best = { version, seal: served.seal }
  }
  return best
}

function isNewer(version: string, other: string): boolean {
  const [one, two] = [isFinal(version), isFinal(other)]
  return one === two ? compareVersions(version, other) > 0 : one
}

function servedReport({ version, seal }: Served): NonNullable<ReleaseReport['servedInstead']> {
  const sealed = seal === undefined ? {} : { signedAt: isoText(seal.signedAtMs), logIndex: seal.logIndex }
  return { version, ...sealed }
}
