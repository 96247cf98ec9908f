import { didYouMean } from '../nearest.ts'
import { isNull, type Entry, type MapNode, type Node } from '../nodes.ts'
import { startOf, type Position, type Report } from '../report.ts'
import { DEFAULT_STAGE } from '../stages.ts'
import { readRecord, unknownKey, type Place, type Values } from './fields.ts'
import { jobFields } from './keywords.ts'

export interface JobContent {
  readonly name: string
  /** Where its name stands. */
  readonly at: Position
  readonly keywords: JobKeywords
}

export type JobKeywords = Partial<Values<typeof jobFields>>

interface JobContext {
  readonly report: Report
  readonly stages: readonly string[]
  /** Those of the file, one of which may have been meant by what is no job. */
  readonly keywords: readonly string[]
}

const MAX_NAME_LENGTH = 255
const RESERVED = ['true', 'false', 'nil', 'pages:deploy']

/** A job's own keywords, or undefined after reporting that it is no job. */
export function readJob(
  { name, entry }: { readonly name: string; readonly entry: Entry },
  { report, stages, keywords }: JobContext,
): JobContent | undefined {
  const at = entry.keyAt
  const shownName = name.slice(0, MAX_NAME_LENGTH)
  const place: Place = { report, owner: `job "${shownName}"`, path: '', keyAt: at, job: name }
  if (entry.value.kind !== 'map') {
    notAJob(name, { report, owner: '', path: shownName, keyAt: at }, keywords)
    return undefined
  }
  const { isPartial = false } = entry.value
  checkName(name, place)
  const values = readRecord(entry.value, place, jobFields)
  checkScript(entry.value, place)
  checkTogether(entry.value, { place, values })
  const stage = entry.value.entries.get('stage')?.value
  const wasReported = values.stage === undefined && (stage === undefined ? isPartial : !isNull(stage))
  if (!wasReported) checkStage(values.stage ?? DEFAULT_STAGE, { place, stages, at: stage?.at ?? at })
  return { name, at, keywords: values }
}

function notAJob(name: string, place: Place, keywords: readonly string[]): void {
  if (didYouMean(name, keywords) !== '') unknownKey(name, { place, known: keywords })
  else
    place.report.problem(
      place.keyAt,
      'ciconfig.type',
      `${place.path} must be a map: it is neither a job nor a keyword`,
    )
}

function checkName(name: string, { report, owner, keyAt }: Place): void {
  if (RESERVED.includes(name)) report.problem(keyAt, 'ciconfig.value', `${owner}: the name is reserved`)
  if (name === '' || name.length > MAX_NAME_LENGTH)
    report.problem(keyAt, 'ciconfig.value', `${owner}: a name has 1 to ${MAX_NAME_LENGTH} characters`)
}

/** `run` and `trigger` stand in for a script on GitLab and were reported already, as was what is left out of a job. */
function checkScript(job: MapNode, place: Place): void {
  if (job.isPartial === true) return
  const hasOther = job.entries.has('run') || job.entries.has('trigger')
  const value = job.entries.get('script')?.value
  const isMissing = value === undefined || isNull(value) || isEmpty(value)
  if (isMissing && !hasOther)
    place.report.problem(place.keyAt, 'ciconfig.value', `${place.owner}: script is missing`)
}

/** Keywords of which one excludes the other, or needs it. */
function checkTogether(
  job: MapNode,
  { place, values }: { readonly place: Place; readonly values: JobKeywords },
): void {
  const has = (key: string): boolean => !isNull(job.entries.get(key)?.value ?? NOTHING)
  const problem = (key: string, what: string): void => {
    const at = job.entries.get(key)?.keyAt ?? place.keyAt
    place.report.problem(at, 'ciconfig.value', `${place.owner}: ${what}`)
  }
  for (const [key, others] of EXCLUSIVE)
    for (const other of others)
      if (has(key) && has(other)) problem(other, `${other} may not be used with ${key}`)
  checkDelay(
    { isDelayed: values.when === 'delayed', hasStart: has('start_in'), hasRules: has('rules') },
    problem,
  )
  checkDependencies(values, problem)
}

const EXCLUSIVE: readonly (readonly [string, readonly string[]])[] = [
  ['rules', ['only', 'except', 'start_in']],
  ['script', ['run', 'trigger']],
]

interface Delay {
  readonly isDelayed: boolean
  readonly hasStart: boolean
  readonly hasRules: boolean
}

type Complain = (key: string, what: string) => void

/** With rules, these say when. */
function checkDelay({ isDelayed, hasStart, hasRules }: Delay, problem: Complain): void {
  if (hasRules || isDelayed === hasStart) return
  if (hasStart) problem('start_in', 'start_in needs when: delayed')
  else problem('when', 'when: delayed needs start_in')
}

const NOTHING: Node = { kind: 'scalar', at: startOf(''), value: null, source: '', size: 1, height: 1 }

function checkDependencies({ needs, dependencies }: JobKeywords, problem: Complain): void {
  if (needs === undefined || needs.length === 0 || dependencies === undefined) return
  const names = needs.flatMap((need) => (need.kind === 'job' ? [need.job] : []))
  const missing = dependencies.filter((name) => !names.includes(name))
  if (missing.length > 0)
    problem('dependencies', `dependencies must be part of needs; ${missing.join(', ')} is not`)
}

function isEmpty(node: Node): boolean {
  return node.kind === 'list' ? node.items.every(isEmpty) : node.kind === 'scalar' && node.value === ''
}

function checkStage(
  stage: string,
  { place, stages, at }: { readonly place: Place; readonly stages: readonly string[]; readonly at: Position },
): void {
  if (stages.includes(stage)) return
  const message = (): string =>
    `${place.owner}: stage ${stage} is not one of the stages ${stages.join(', ')}${didYouMean(stage, stages)}`
  place.report.problem(at, 'ciconfig.value', message)
}
