import type { Variable } from '../expand.ts'
import {
  allUnsupported,
  readRecord,
  texts,
  unknownKey,
  type Place,
  type Reader,
  type Values,
} from './fields.ts'
import { defaultFields, jobFields } from './keywords.ts'
import { didYouMean } from '../nearest.ts'
import { isNull, type Entry, type MapNode, type Node } from '../nodes.ts'
import type { PlannedImage, PlannedJob } from '../plan.ts'
import type { Position, Report } from '../report.ts'
import { readVariables } from './variables.ts'

export interface JobContent extends Omit<PlannedJob, 'image' | 'variables' | 'yaml_variables'> {
  readonly at: Position
  readonly image: PlannedImage | null
  /** The job's own. */
  readonly variables: readonly Variable[]
}

export interface FileContent {
  readonly stages: readonly string[]
  readonly variables: readonly Variable[]
  readonly variablesAt: Position
  readonly jobs: readonly JobContent[]
}

type Defaults = Partial<Values<typeof defaultFields>>

const MAX_ENTRIES = 1000
const MAX_NAME_LENGTH = 255
const EDGES = ['.pre', '.post']
const DEFAULT_STAGES = ['build', 'test', 'deploy']

const topVariables = readVariables({ isTopLevel: true })

/** The global forms that GitLab deprecates in favour of `default`. */
export const movedToDefault: Reader<never> = (_node, { report, path, keyAt }) => {
  report.problem(
    keyAt,
    'ciconfig.unsupported',
    `${path} is not supported at the top level; put it under default`,
  )
  return undefined
}

/** Keywords of the file itself. */
export const globalFields = {
  stages: texts,
  variables: topVariables,
  default: (): undefined => undefined,
  ...allUnsupported('include', 'workflow', 'spec', 'types', 'services'),
  image: movedToDefault,
  cache: movedToDefault,
  before_script: movedToDefault,
  after_script: movedToDefault,
}

const RESERVED = ['true', 'false', 'nil', 'pages:deploy']

/** The file's keywords and jobs, each read by its table. */
export function readFile(root: MapNode, report: Report): FileContent | undefined {
  const place: Place = { report, owner: '', path: '', keyAt: root.at }
  if (root.entries.size > MAX_ENTRIES) {
    report.problem(root.at, 'ciconfig.value', `the file has more than ${MAX_ENTRIES} jobs and keywords`)
    return undefined
  }
  const globals = readRecord(
    pick(root, (name) => Object.hasOwn(globalFields, name)),
    place,
    globalFields,
  )
  const defaults = readDefaults(root.entries.get('default'), place)
  const stages = edged(globals.stages ?? DEFAULT_STAGES)
  const jobs = [...root.entries]
    .filter(([name]) => !Object.hasOwn(globalFields, name) && !name.startsWith('.'))
    .map(([name, entry]) => readJob({ name, entry }, { place, defaults, stages }))
    .filter((job) => job !== undefined)
  checkNotEmpty(jobs, { root, report })
  return {
    stages,
    variables: globals.variables ?? [],
    variablesAt: root.entries.get('variables')?.keyAt ?? root.at,
    jobs,
  }
}

function pick(root: MapNode, isWanted: (name: string) => boolean): MapNode {
  return { ...root, entries: new Map([...root.entries].filter(([name]) => isWanted(name))) }
}

/** `.pre` is first and `.post` last, wherever and whether the file lists them. */
function edged(stages: readonly string[]): readonly string[] {
  return [...new Set(['.pre', ...stages.filter((stage) => !EDGES.includes(stage)), '.post'])]
}

function readDefaults(entry: Entry | undefined, place: Place): Defaults {
  if (entry === undefined || isNull(entry.value)) return {}
  if (entry.value.kind === 'map')
    return readRecord(entry.value, { ...place, owner: 'default' }, defaultFields)
  place.report.problem(entry.value.at, 'ciconfig.type', 'default must be a map')
  return {}
}

interface JobContext {
  readonly place: Place
  readonly defaults: Defaults
  readonly stages: readonly string[]
}

function readJob(
  { name, entry }: { readonly name: string; readonly entry: Entry },
  context: JobContext,
): JobContent | undefined {
  const { report } = context.place
  const at = entry.keyAt
  const place: Place = { report, owner: `job "${name.slice(0, MAX_NAME_LENGTH)}"`, path: '', keyAt: at }
  if (entry.value.kind !== 'map') {
    notAJob(name, { ...place, owner: '', path: name.slice(0, MAX_NAME_LENGTH) })
    return undefined
  }
  checkName(name, place)
  const values = readRecord(entry.value, place, jobFields)
  checkScript(entry.value, place)
  // A default is taken whole, and only where the job lacks the key: nothing merges here.
  const job = { ...PLAIN_JOB, ...present(context.defaults), ...present(values) }
  checkStage(job.stage, {
    place,
    stages: context.stages,
    at: entry.value.entries.get('stage')?.value.at ?? at,
  })
  return { at, name, ...job }
}

const PLAIN_JOB = {
  image: null,
  before_script: [],
  script: [],
  after_script: [],
  cache: [],
  artifacts: null,
  id_tokens: {},
  variables: [],
  stage: 'test',
  when: 'on_success',
  allow_failure: false,
} as const

/** The keys that were written and read. */
function present<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}

function notAJob(name: string, place: Place): void {
  if (didYouMean(name, Object.keys(globalFields)) !== '')
    unknownKey(name, { place, known: Object.keys(globalFields) })
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

/** `run` and `trigger` stand in for a script on GitLab and have been reported already. */
function checkScript(job: MapNode, place: Place): void {
  const hasOther = job.entries.has('run') || job.entries.has('trigger')
  const value = job.entries.get('script')?.value
  const isMissing = value === undefined || isNull(value) || isEmpty(value)
  if (isMissing && !hasOther)
    place.report.problem(place.keyAt, 'ciconfig.value', `${place.owner}: script is missing`)
}

function isEmpty(node: Node): boolean {
  return node.kind === 'list' ? node.items.every(isEmpty) : node.kind === 'scalar' && node.value === ''
}

function checkStage(
  stage: string,
  { place, stages, at }: { readonly place: Place; readonly stages: readonly string[]; readonly at: Position },
): void {
  if (stages.includes(stage)) return
  const known = stages.join(', ')
  const message = `${place.owner}: stage ${stage} is not one of the stages ${known}${didYouMean(stage, stages)}`
  place.report.problem(at, 'ciconfig.value', message)
}

function checkNotEmpty(
  jobs: readonly JobContent[],
  { root, report }: { readonly root: MapNode; readonly report: Report },
): void {
  if (report.problems.length > 0 || jobs.some((job) => !EDGES.includes(job.stage))) return
  const what = jobs.length === 0 ? 'no job of the file would run' : 'only .pre and .post have jobs'
  report.problem(root.at, 'ciconfig.no-jobs', `${what}, so there is no pipeline`)
}
