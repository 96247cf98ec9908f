import type { Variable } from '../expand.ts'
import { isNull, mapNode, type Entry, type MapNode } from '../nodes.ts'
import type { Position, Report } from '../report.ts'
import { DEFAULT_STAGES, withEdgeStages } from '../stages.ts'
import {
  allUnsupported,
  defined,
  readRecord,
  texts,
  wrong,
  type Place,
  type Reader,
  type Values,
} from './fields.ts'
import { readJob, type JobContent } from './job.ts'
import { defaultFields } from './keywords.ts'
import { readVariables } from './variables.ts'
import { readWorkflow, type Workflow } from './workflow.ts'

/** What stands in the file; a keyword that is absent, or was reported as wrong, is undefined. */
export interface PipelineContent {
  readonly at: Position
  readonly stages: readonly string[]
  readonly variables: readonly Variable[]
  readonly variablesAt: Position
  readonly workflow: Workflow
  readonly defaults: DefaultKeywords
  readonly jobs: readonly JobContent[]
}

export type DefaultKeywords = Partial<Values<typeof defaultFields>>

const MAX_ENTRIES = 5000

const topVariables = readVariables({ isTopLevel: true })

const misplacedSpec: Reader<never> = (node, place) =>
  wrong({ ...node, at: place.keyAt }, place, {
    code: 'ciconfig.value',
    what: 'must stand in a header of its own, with --- after it',
  })

/** The global forms of what `default` has, deprecated, and the same. */
export const movedFields = {
  image: defaultFields.image,
  services: defaultFields.services,
  cache: defaultFields.cache,
  before_script: defaultFields.before_script,
  after_script: defaultFields.after_script,
}

/** Read elsewhere: files are included before, and the others are read with what they decide. */
const readElsewhere = (): undefined => undefined

/** Keywords of the file itself. */
export const globalFields = {
  stages: texts,
  variables: topVariables,
  default: readElsewhere,
  include: readElsewhere,
  workflow: readElsewhere,
  spec: misplacedSpec,
  ...movedFields,
  ...allUnsupported('types'),
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
  const { image, services, cache, before_script, after_script } = globals
  const defaults = readDefaults(root, place)
  return {
    at: root.at,
    stages,
    variables: globals.variables ?? [],
    variablesAt: root.entries.get('variables')?.keyAt ?? root.at,
    workflow: readWorkflow(root.entries.get('workflow'), place),
    defaults: { image, services, cache, before_script, after_script, ...defined(defaults) },
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

function readDefaults(root: MapNode, place: Place): DefaultKeywords {
  const entry: Entry | undefined = root.entries.get('default')
  if (entry === undefined || isNull(entry.value)) return {}
  if (entry.value.kind !== 'map') {
    place.report.problem(entry.value.at, 'ciconfig.type', 'default must be a map')
    return {}
  }
  for (const [key, { keyAt }] of entry.value.entries)
    if (Object.hasOwn(movedFields, key) && root.entries.has(key))
      place.report.problem(keyAt, 'ciconfig.value', `default: ${key} stands at the top level too; keep one`)
  return readRecord(entry.value, { ...place, owner: 'default' }, defaultFields)
}
