import {
  flag,
  listOf,
  noteUnexecuted,
  record,
  text,
  wrong,
  wrongType,
  type Place,
  type Reader,
} from './fields.ts'
import { matrixRows, type MatrixRow } from './parallel.ts'
import type { MapNode, Node } from '../nodes.ts'
import type { Position } from '../report.ts'

export type Need = JobNeed | ProjectNeed | PipelineNeed

export interface JobNeed {
  readonly kind: 'job'
  readonly at: Position
  readonly job: string
  readonly artifacts: boolean
  readonly optional: boolean
  /** Which jobs of a matrix; null: all. */
  readonly matrix: readonly MatrixRow[] | null
}

export interface ProjectNeed {
  readonly kind: 'project'
  readonly at: Position
  readonly project: string
  readonly job: string
  readonly ref: string
  readonly artifacts: boolean
}

/** Of an upstream or a parent pipeline. */
export interface PipelineNeed {
  readonly kind: 'pipeline'
  readonly at: Position
  readonly pipeline: string
  readonly job: string | null
  readonly artifacts: boolean
}

export const MAX_NEEDS = 50

const fields = {
  job: text,
  artifacts: flag,
  optional: flag,
  parallel: record({ matrix: matrixRows }),
  project: text,
  ref: text,
  pipeline: text,
}

const readFields = record(fields)

const need: Reader<Need> = (node, place) => {
  if (node.kind === 'map') return fullNeed(node, place)
  if (node.kind !== 'scalar' || typeof node.value !== 'string')
    return wrongType(node, place, 'the name of a job or a map')
  return { kind: 'job', at: node.at, job: node.value, artifacts: true, optional: false, matrix: null }
}

function fullNeed(node: MapNode, place: Place): Need | undefined {
  const values = readFields(node, place)
  if (values === undefined) return undefined
  const { job, project, pipeline, artifacts = true } = values
  const at = node.at
  if (project !== undefined) return projectNeed(values, { node, place })
  if (pipeline !== undefined) return { kind: 'pipeline', at, pipeline, job: job ?? null, artifacts }
  if (job === undefined) return node.isPartial === true ? undefined : lacking(node, place, 'job')
  return jobNeed(values, { at, job })
}

type Said = NonNullable<ReturnType<typeof readFields>>

function jobNeed({ artifacts, optional, parallel }: Said, { at, job }: Pick<JobNeed, 'at' | 'job'>): JobNeed {
  const matrix = parallel?.matrix ?? null
  return { kind: 'job', at, job, artifacts: artifacts ?? true, optional: optional ?? false, matrix }
}

function projectNeed(
  { job, project = '', ref, artifacts = true }: Said,
  { node, place }: { readonly node: MapNode; readonly place: Place },
): ProjectNeed | undefined {
  if (job === undefined || ref === undefined) return lacking(node, place, 'project, job and ref')
  return { kind: 'project', at: node.at, project, job, ref, artifacts }
}

function lacking(node: Node, place: Place, what: string): undefined {
  return wrong(node, place, { code: 'ciconfig.value', what: `must have ${what}` })
}

export const plainNeeds: Reader<readonly Need[]> = listOf(need)

/** Artifacts of other pipelines are not carried out. */
export const needs: Reader<readonly Need[]> = (node, place) => {
  const values = plainNeeds(node, place)
  for (const kind of elsewhere(values ?? []))
    noteUnexecuted({ ...place, path: `${place.path}:${kind}` }, { changesJobs: true })
  return values
}

/** The words of those needs that are of no job of this pipeline. */
export function elsewhere(needed: readonly Need[]): ReadonlySet<string> {
  return new Set(needed.flatMap(({ kind }) => (kind === 'job' ? [] : [kind])))
}
