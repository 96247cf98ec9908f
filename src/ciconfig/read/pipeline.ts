import type { Variable } from '../expand.ts'
import { isNull, mapNode, type Entry, type MapNode } from '../nodes.ts'
import type { Position, Report } from '../report.ts'
import { DEFAULT_STAGES, withEdgeStages } from '../stages.ts'
import { allUnsupported, readRecord, texts, type Place, type Reader, type Values } from './fields.ts'
import { readJob, type JobContent } from './job.ts'
import { defaultFields } from './keywords.ts'
import { readVariables } from './variables.ts'

/** What stands in the file; a keyword that is absent, or was reported as wrong, is undefined. */
export interface PipelineContent {
  readonly at: Position
  readonly stages: readonly string[]
  readonly variables: readonly Variable[]
  readonly variablesAt: Position
  readonly defaults: DefaultKeywords
  readonly jobs: readonly JobContent[]
}

export type DefaultKeywords = Partial<Values<typeof defaultFields>>

const MAX_ENTRIES = 1000

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

/** The pipeline's keywords and jobs, each read by its table. */
export function readPipeline(root: MapNode, report: Report): PipelineContent {
  const place: Place = { report, owner: '', path: '', keyAt: root.at }
  if (root.entries.size > MAX_ENTRIES) {
    report.problem(root.at, 'ciconfig.value', `the file has more than ${MAX_ENTRIES} jobs and keywords`)
    return readPipeline(mapNode(root.at, new Map()), report)
  }
  const globals = readRecord(pick(root, isKeyword), place, globalFields)
  const stages = withEdgeStages(globals.stages ?? DEFAULT_STAGES)
  return {
    at: root.at,
    stages,
    variables: globals.variables ?? [],
    variablesAt: root.entries.get('variables')?.keyAt ?? root.at,
    defaults: readDefaults(root.entries.get('default'), place),
    jobs: [...root.entries]
      .filter(([name]) => !isKeyword(name) && !name.startsWith('.'))
      .map(([name, entry]) =>
        readJob({ name, entry }, { stages, report, keywords: Object.keys(globalFields) }),
      )
      .filter((job) => job !== undefined),
  }
}

function isKeyword(name: string): boolean {
  return Object.hasOwn(globalFields, name)
}

function pick(root: MapNode, isWanted: (name: string) => boolean): MapNode {
  return { ...root, entries: new Map([...root.entries].filter(([name]) => isWanted(name))) }
}

function readDefaults(entry: Entry | undefined, place: Place): DefaultKeywords {
  if (entry === undefined || isNull(entry.value)) return {}
  if (entry.value.kind === 'map')
    return readRecord(entry.value, { ...place, owner: 'default' }, defaultFields)
  place.report.problem(entry.value.at, 'ciconfig.type', 'default must be a map')
  return {}
}
