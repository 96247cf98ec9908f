/** Where a plan of ours and one of gitlab-ci-local differ, field by field, in words that a table can explain. */
import { join } from 'node:path'
import { caseSources, readCase } from '../../src/ciconfig/arrange-cases.ts'
import { planPipeline, type LinkedNeed, type Plan, type PlannedJob } from '../../src/ciconfig/index.ts'
import { cases, type ListedJob, type ListedNeed, type MergedFile, type PeerPlan } from './pipelines-peer.ts'

/** `refused`: the other program plans nothing. */
export type Field =
  | 'refused'
  | 'jobs'
  | 'stages'
  | 'stage'
  | 'when'
  | 'allow_failure'
  | 'needs'
  | 'script'
  | 'before_script'
  | 'after_script'
  | 'variables'

export interface Difference {
  readonly field: Field
  readonly job: string
  readonly ours: unknown
  readonly theirs: unknown
}

export interface OurPlan {
  readonly plan: Plan
  /** Names of variables that are known from elsewhere than the file. */
  readonly known: ReadonlySet<string>
}

export async function ourPlan(name: string): Promise<OurPlan> {
  const folder = join(cases, name)
  const given = readCase(folder)
  const { variables, unexecuted } = given
  const sources = caseSources(folder, given)
  return {
    plan: await planPipeline({ file: '.gitlab-ci.yml', sources, variables, unexecuted }),
    known: new Set(
      Object.values(variables)
        .flat()
        .map(({ key }) => key),
    ),
  }
}

export function differences({ plan, known }: OurPlan, peer: PeerPlan): readonly Difference[] {
  if (peer.kind === 'refused') return [{ field: 'refused', job: '', ours: 'planned', theirs: peer.because }]
  const listed = peer.jobs.filter(({ when }) => when !== 'never')
  const theirs = new Map(listed.map((job) => [plainName(job.name), job]))
  const ours = new Map(plan.jobs.map((job) => [plainName(job.name), job]))
  return [
    ...different({ field: 'jobs', job: '' }, [...ours.keys()].toSorted(), [...theirs.keys()].toSorted()),
    ...different({ field: 'stages', job: '' }, plan.stages, peer.merged['stages']),
    ...[...ours].flatMap(([name, job]) => {
      const other = theirs.get(name)
      if (other === undefined) return []
      return listedDifferences(job, other).concat(mergedDifferences(job, peer.merged, known))
    }),
  ]
}

function different(
  at: Pick<Difference, 'field' | 'job'>,
  ours: unknown,
  theirs: unknown,
): readonly Difference[] {
  return JSON.stringify(ours) === JSON.stringify(theirs) ? [] : [{ ...at, ours, theirs }]
}

/** It writes `job: [1/3]` and `job: [a,b]` for GitLab's `job 1/3` and `job: [a, b]`. */
function plainName(name: string): string {
  return name.replace(/: \[(\d+\/\d+)\]$/, ' $1').replaceAll(', ', ',')
}

/** As the file names it. */
function groupOf(name: string): string {
  return name.replace(/ \d+\/\d+$|: \[.*\]$/, '')
}

function listedDifferences(ours: PlannedJob, theirs: ListedJob): readonly Difference[] {
  const { name } = ours
  return [
    ...different({ field: 'stage', job: name }, ours.stage, theirs.stage),
    ...different({ field: 'when', job: name }, ours.when, theirs.when),
    ...different({ field: 'allow_failure', job: name }, ours.allow_failure, longForm(theirs.allow_failure)),
    ...different({ field: 'needs', job: name }, ourNeeds(ours.needs), theirNeeds(theirs.needs)),
  ]
}

/** One exit code is a list of one. */
function longForm(allowFailure: unknown): unknown {
  const { exit_codes: codes } = mapOf(allowFailure)
  return codes === undefined ? allowFailure : { exit_codes: [codes].flat() }
}

/** It lists jobs of the same pipeline only, each as the file names it. */
function ourNeeds(needs: readonly LinkedNeed[] | null): readonly string[] | null {
  if (needs === null) return null
  const lines = needs.flatMap((need) =>
    'project' in need || 'pipeline' in need ? [] : [needLine({ ...need, job: groupOf(need.job) })],
  )
  return [...new Set(lines)].toSorted()
}

function theirNeeds(needs: readonly ListedNeed[] | null | undefined): readonly string[] | null {
  return needs === null || needs === undefined ? null : [...new Set(needs.map(needLine))].toSorted()
}

function needLine({ job, artifacts, optional }: ListedNeed): string {
  return `${job}${artifacts === false ? ' without artifacts' : ''}${optional === true ? ', optional' : ''}`
}

function mergedDifferences(
  job: PlannedJob,
  merged: MergedFile,
  known: OurPlan['known'],
): readonly Difference[] {
  const theirs = mapOf(merged[groupOf(job.name)])
  return [
    ...(['script', 'before_script', 'after_script'] as const).flatMap((field) =>
      different({ field, job: job.name }, job[field], theirs[field] ?? []),
    ),
    ...variableDifferences(job, { ...mapOf(merged['variables']), ...mapOf(theirs['variables']) }, known),
  ]
}

/** The values that the file alone decides, and in which nothing has to be expanded. */
function variableDifferences(
  job: PlannedJob,
  theirs: MergedFile,
  known: OurPlan['known'],
): readonly Difference[] {
  return Object.entries(theirs).flatMap(([key, value]) =>
    known.has(key) || (typeof value === 'string' && value.includes('$'))
      ? []
      : different({ field: 'variables', job: `${job.name} ${key}` }, job.variables[key], value),
  )
}

function mapOf(value: unknown): MergedFile {
  return typeof value === 'object' && value !== null ? (value as MergedFile) : {}
}
