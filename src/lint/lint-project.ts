import { SEVERITIES, type Finding, type Hit, type Severity } from './finding.ts'
import type { Project } from './project/project.ts'
import { readProject, type LintRequest, type Undecided } from './project/read-project.ts'
import { rules, UNDECIDED } from './rules/catalog.ts'
import type { Rule } from './rules/rule.ts'

export interface Selection {
  /** Codes, or their beginnings: `WS3`. Empty: all. */
  readonly only: readonly string[]
  readonly without: readonly string[]
  readonly level: Severity
}

export interface LintReport {
  readonly findings: readonly Finding[]
  readonly project: Project
}

const EVERYTHING: Selection = { only: [], without: [], level: 'note' }

/** More would help nobody. */
const MAX_HITS = 100

/** All findings, by file and place: each rule once for each file, with all its places. */
export async function lintProject(
  request: LintRequest,
  selection: Selection = EVERYTHING,
): Promise<LintReport> {
  const { project, undecided } = await readProject(request)
  const findings = rules
    .filter((rule) => isSelected(rule, selection))
    .flatMap((rule) =>
      findingsOf(rule, notAllowed(rule, { project, hits: hitsOf(rule, { project, undecided }) })),
    )
  return { findings: findings.toSorted(byPlace), project }
}

function isSelected({ code, severity }: Rule, { only, without, level }: Selection): boolean {
  const isNamed = (names: readonly string[]): boolean => names.some((name) => code.startsWith(name))
  const isHigh = SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(level)
  return isHigh && (only.length === 0 || isNamed(only)) && !isNamed(without)
}

function hitsOf(
  rule: Rule,
  { project, undecided }: { readonly project: Project; readonly undecided: readonly Undecided[] },
): Iterable<Hit> {
  if (rule !== UNDECIDED) return rule.check(project)
  return undecided.map(({ path, line, column, what }) => ({ file: path, line, column, what }))
}

const ALLOWED = /# ?wheelseal: allow (WS\d{3}(?:, ?WS\d{3})*)/

/** Without what a comment on the line, or on the one before it, allows. Files of others allow nothing; the component of this program does. */
function* notAllowed(
  rule: Rule,
  { project, hits }: { readonly project: Project; readonly hits: Iterable<Hit> },
): Generator<Hit> {
  for (const hit of hits) {
    const file = project.files.get(hit.file)
    const lines = file?.mayAllow === true ? [file.line(hit.line), file.line(hit.line - 1)] : []
    const isAllowed = lines.some((line) => ALLOWED.exec(line)?.[1]?.includes(rule.code) === true)
    if (!isAllowed || rule === UNDECIDED) yield hit
  }
}

function findingsOf(rule: Rule, hits: Iterable<Hit>): readonly Finding[] {
  const byFile = new Map<string, Map<string, Hit>>()
  for (const hit of hits) {
    const places = byFile.get(hit.file) ?? new Map<string, Hit>()
    byFile.set(hit.file, places)
    const key = `${hit.line}:${hit.column}`
    // A template's line is one line, however many jobs have it.
    if (!places.has(key) && places.size < MAX_HITS) places.set(key, hit)
  }
  return [...byFile].flatMap(([file, places]) => {
    const [first, ...more] = [...places.values()].toSorted((a, b) => a.line - b.line || a.column - b.column)
    const { code, title, severity, consequence, fix } = rule
    return first === undefined
      ? []
      : [{ rule: code, title, severity, file, hits: [first, ...more], consequence, fix }]
  })
}

function byPlace(a: Finding, b: Finding): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1
  const [first, second] = [a.hits[0], b.hits[0]]
  return first.line - second.line || first.column - second.column || (a.rule < b.rule ? -1 : 1)
}
