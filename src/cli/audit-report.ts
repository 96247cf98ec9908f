import { sha256Hex, utf8, type JsonValue } from '../base/index.ts'
import {
  aboutCode,
  isClean,
  type AuditedDistribution,
  type AuditFinding,
  type AuditReport,
  type AuditState,
} from '../client/audit/index.ts'
import { sarifLog, sarifUri } from '../lint/index.ts'
import type { Line, Mark } from './screen.ts'
import { programName } from './terminal.ts'

export interface ShownAs {
  readonly tookMs: number
  readonly isQuiet: boolean
  readonly strict: boolean
}

const MAX_ROWS = 100
const NAME_COLUMNS = 17

/** At most so many findings in lines; all are in the JSON. */
export function auditLines(report: AuditReport, { tookMs, isQuiet, strict }: ShownAs): readonly Line[] {
  const rows = findingRows(report, strict)
  const more = rows.length - MAX_ROWS
  return [
    ...(isQuiet ? [] : headLines(report, tookMs)),
    ...rows.slice(0, MAX_ROWS),
    ...(more > 0 ? [`and ${more} more findings; --json has all of them`] : []),
    ...(isQuiet ? [] : nextLines(report)),
  ]
}

function headLines(report: AuditReport, tookMs: number): readonly Line[] {
  const { distributions, target, kind } = report
  const seconds = (tookMs / 1000).toFixed(1)
  const file = target === '-' ? 'standard input' : target
  const words = kind === 'lock' ? LOCK_WORDS : ENVIRONMENT_WORDS
  const counts = ORDER.flatMap((state): readonly Line[] => {
    const found = distributions.filter((one) => one.state === state)
    if (found.length === 0) return []
    return [{ mark: MARKS[state], text: `${String(found.length).padStart(5)}  ${words[state](report)}` }]
  })
  return [`audited ${count(distributions.length, 'distribution')} of ${file} in ${seconds} s`, ...counts]
}

function count(number: number, what: string): string {
  return `${number.toLocaleString('en-US')} ${what}${number === 1 ? '' : 's'}`
}

const ORDER: readonly AuditState[] = [
  'sealed',
  'unsealed',
  'exempt',
  'local',
  'built',
  'held',
  'undecided',
  'unknown',
  'changed',
  'refused',
  'around',
]

const MARKS: Readonly<Record<AuditState, Mark>> = {
  sealed: 'passed',
  unsealed: 'passed',
  exempt: 'passed',
  local: 'skipped',
  built: 'undecided',
  held: 'failed',
  undecided: 'undecided',
  unknown: 'failed',
  changed: 'failed',
  refused: 'failed',
  around: 'failed',
}

type Words = Readonly<Record<AuditState, (report: AuditReport) => string>>

const LOCK_WORDS: Words = {
  sealed: ({ gate }) => `sealed as policy ${gate.name} asks`,
  unsealed: () => 'unsealed, as all their releases',
  exempt: (report) => `exempt${firstEnd(report)}`,
  local: () => 'of a folder here, not looked at',
  built: () => 'built here from an sdist: cannot be tied',
  held: () => 'held: younger than the policy allows',
  undecided: () => 'not decided',
  unknown: () => 'not known to the gate',
  changed: () => 'signed by others than the lock says',
  refused: () => 'refused',
  around: () => 'not through the gate',
}

const ENVIRONMENT_WORDS: Words = {
  ...LOCK_WORDS,
  sealed: () => 'every file is that of a sealed wheel',
  unsealed: () => 'every file is that of an unsealed wheel',
  exempt: (report) => `every file is that of an exempt wheel${firstEnd(report)}`,
  local: () => 'installed from a folder here, not looked at',
  changed: () => 'changed after installation',
}

function firstEnd({ distributions }: AuditReport): string {
  const ends = distributions.flatMap(({ exemptUntil }) => (exemptUntil === undefined ? [] : [exemptUntil]))
  const [first] = ends.toSorted()
  return first === undefined ? '' : `, the first until ${first.slice(0, 10)}`
}

/** Of what fails the audit; warnings follow, each kind of many distributions on one line. */
function findingRows({ distributions, findings }: AuditReport, strict: boolean): readonly string[] {
  const errors = distributions.flatMap(({ shown, findings: own }) =>
    own.filter(({ severity }) => severity === 'error' || strict).map((finding) => rowOf(shown, finding)),
  )
  const whole = findings.map(({ fact, line }) => (line === undefined ? fact : `line ${line}: ${fact}`))
  return [...errors, ...(strict ? [] : warningRows(distributions)), ...whole]
}

function rowOf(shown: string, { brief, fact }: AuditFinding): string {
  return `${shown.padEnd(NAME_COLUMNS)} ${brief ?? fact}`
}

function warningRows(distributions: readonly AuditedDistribution[]): readonly string[] {
  const byCode = new Map<string, string[]>()
  for (const { shown, findings } of distributions)
    for (const { code, severity } of findings)
      if (severity === 'warning') byCode.set(code, [...(byCode.get(code) ?? []), shown])
  return [...byCode].map(([code, names]) => {
    const few = names.slice(0, 3).join(', ') + (names.length > 3 ? ', …' : '')
    return `${count(names.length, 'warning')} [${code}]: ${few}`
  })
}

function nextLines({ distributions }: AuditReport): readonly string[] {
  const refused = distributions.find(
    ({ name, version, state }) =>
      name !== null && version !== null && (state === 'refused' || state === 'held'),
  )
  return refused === undefined ? [] : [`next: ${programName()} why ${refused.name}==${refused.version}`]
}

/** docs/how-to/audit-a-lock-or-environment.md has the shape. */
export function auditJson(report: AuditReport, { strict }: { readonly strict: boolean }): JsonValue {
  const { target, kind, gate, distributions, findings, bytecodeFiles, identitiesWritten } = report
  const counts = ORDER.map(
    (state) => [state, distributions.filter((one) => one.state === state).length] as const,
  )
  return {
    target,
    kind,
    gate: { ...gate },
    clean: isClean(report, { strict }),
    counts: Object.fromEntries(counts),
    distributions: distributions.map(distributionJson),
    findings: findings.map(findingJson),
    bytecodeFiles,
    identitiesWritten,
  }
}

function distributionJson(one: AuditedDistribution): JsonValue {
  const { name, version, shown, state, exemptUntil, findings } = one
  const end = exemptUntil === undefined ? {} : { exemptUntil }
  return { name, version, shown, state, ...end, findings: findings.map(findingJson) }
}

function findingJson({ code, severity, fact, line, file }: AuditFinding): JsonValue {
  return {
    code,
    severity,
    fact,
    ...(line === undefined ? {} : { line }),
    ...(file === undefined ? {} : { file }),
  }
}

/** Each finding at its line of the lock, or at its file of the environment. */
export function auditSarif(
  report: AuditReport,
  { strict, version }: { readonly strict: boolean; readonly version: string },
): JsonValue {
  const all = [
    ...report.distributions.flatMap(({ shown, findings }) => findings.map((finding) => ({ shown, finding }))),
    ...report.findings.map((finding) => ({ shown: '', finding })),
  ]
  const codes = [...new Set(all.map(({ finding }) => finding.code))].toSorted()
  const indexes = new Map(codes.map((code, index) => [code, index]))
  const seen = new Map<string, number>()
  const results = all.map(({ shown, finding }) => {
    const text = `${shown} ${finding.fact}`.trim()
    const key = JSON.stringify([finding.code, finding.file ?? '', text])
    const times = seen.get(key) ?? 0
    seen.set(key, times + 1)
    return {
      ruleId: finding.code,
      ruleIndex: indexes.get(finding.code) ?? 0,
      level: strict ? 'error' : finding.severity,
      message: { text },
      locations: [locationOf(report, finding)],
      partialFingerprints: { 'wheelseal/v1': sha256Hex(utf8(`${key} ${times}`)) },
    }
  })
  const rules = codes.map((code) => {
    const { summary, hint } = aboutCode(code)
    return { id: code, shortDescription: { text: summary }, help: { text: hint === '' ? summary : hint } }
  })
  return sarifLog({ tool: 'wheelseal audit', version, rules, results })
}

function locationOf({ target, kind }: AuditReport, { line, file }: AuditFinding): JsonValue {
  const path = kind === 'environment' && file !== undefined ? `${target.replace(/\/+$/, '')}/${file}` : target
  const region = line === undefined ? {} : { region: { startLine: line } }
  return { physicalLocation: { artifactLocation: { uri: sarifUri(path) }, ...region } }
}
