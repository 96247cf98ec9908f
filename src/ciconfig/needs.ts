import { didYouMean } from './nearest.ts'
import { combinations, matrixName, type SingleJob } from './parallel.ts'
import { MAX_NEEDS, type JobNeed, type Need } from './read/needs.ts'
import type { MatrixRow } from './read/parallel.ts'
import type { Position, Report } from './report.ts'
import type { PipelineJob } from './rules/select.ts'

/** What `plan --json` prints of a need. */
export type LinkedNeed =
  | { readonly job: string; readonly artifacts: boolean; readonly optional: boolean }
  | { readonly project: string; readonly job: string; readonly ref: string; readonly artifacts: boolean }
  | { readonly pipeline: string; readonly job: string | null; readonly artifacts: boolean }

export interface LinkedJob extends PipelineJob {
  readonly linkedNeeds: readonly LinkedNeed[] | null
  readonly linkedDependencies: readonly string[] | null
}

interface LinkContext {
  /** Of the file, in the pipeline or not. */
  readonly all: readonly SingleJob[]
  readonly stages: readonly string[]
  readonly report: Report
}

/** Names of jobs to the jobs of the pipeline; what a name cannot mean is reported, and so is a circle. */
export function linkNeeds(jobs: readonly PipelineJob[], context: LinkContext): readonly LinkedJob[] {
  const linker = new Linker(jobs, context)
  linker.checkFile()
  const linked = jobs.map((job): LinkedJob => ({
    ...job,
    linkedNeeds: job.needs === undefined ? null : linker.needsOf(job, job.needs),
    linkedDependencies: job.dependencies === null ? null : linker.namesOf(job.dependencies),
  }))
  checkCircle(linked, context.report)
  return linked
}

class Linker {
  readonly #context: LinkContext
  readonly #byName = new Map<string, readonly SingleJob[]>()
  readonly #present: ReadonlySet<string>
  readonly #position: ReadonlyMap<string, number>

  constructor(jobs: readonly PipelineJob[], context: LinkContext) {
    this.#context = context
    this.#present = new Set(jobs.map(({ name }) => name))
    this.#position = new Map(context.stages.map((stage, index) => [stage, index]))
    for (const job of context.all) this.#byName.set(job.name, [job])
    const groups = new Map<string, SingleJob[]>()
    for (const job of context.all) groups.set(job.group, [...(groups.get(job.group) ?? []), job])
    for (const [group, members] of groups) this.#byName.set(group, members)
  }

  /** What holds whatever the rules say: the names are of the file, and of no later stage. */
  checkFile(): void {
    const checked = new Set<string>()
    for (const job of this.#context.all) {
      if (checked.has(job.group)) continue
      checked.add(job.group)
      for (const need of job.needs ?? [])
        if (need.kind === 'job')
          this.#checkName(job, { name: need.job, at: need.at, word: 'needs', isOptional: need.optional })
      for (const name of job.dependencies ?? [])
        this.#checkName(job, { name, at: job.at, word: 'depends on', isOptional: false })
    }
  }

  #checkName(job: SingleJob, { name, at, word, isOptional }: NameCheck): void {
    const found = this.#byName.get(name)
    if (found === undefined) {
      if (isOptional) return
      this.#fail(at, job, `${word} ${name}, which is not in the file${didYouMean(name, this.#byName.keys())}`)
      return
    }
    const own = this.#position.get(job.stage) ?? 0
    const later = found.find(({ stage }) => (this.#position.get(stage) ?? 0) > own)
    if (later !== undefined) this.#fail(at, job, `${word} ${name}, which is in a later stage`)
  }

  needsOf(job: PipelineJob, needs: readonly Need[]): readonly LinkedNeed[] {
    const linked = new Map<string, LinkedNeed>()
    for (const need of needs)
      for (const one of this.#linked(job, need))
        linked.set(JSON.stringify([one.job, 'project' in one, 'pipeline' in one]), one)
    if (linked.size > MAX_NEEDS)
      this.#fail(job.at, job, `needs ${linked.size} jobs; ${MAX_NEEDS} are allowed`)
    return [...linked.values()]
  }

  #linked(job: PipelineJob, need: Need): readonly LinkedNeed[] {
    if (need.kind === 'project') return [plain(need)]
    if (need.kind === 'pipeline') return [plain(need)]
    const names = this.#selected(job, need)
    for (const name of names.filter((one) => !this.#present.has(one)))
      if (!need.optional && this.#byName.has(need.job))
        this.#fail(
          need.at,
          job,
          `needs ${name}, which is not in this pipeline: its rules leave it out; add optional: true if that is meant`,
        )
    return names
      .filter((name) => this.#present.has(name))
      .map((name) => ({ job: name, artifacts: need.artifacts, optional: need.optional }))
  }

  /** All jobs of the name, or those that the matrix of the need selects. */
  #selected(job: PipelineJob, { job: name, matrix }: JobNeed): readonly string[] {
    if (matrix === null) return (this.#byName.get(name) ?? []).map((one) => one.name)
    const rows = matrix.map((row) => withMatrix(row, job))
    return combinations(rows).map((combination) => matrixName(name, combination))
  }

  namesOf(names: readonly string[]): readonly string[] {
    return names.flatMap((name) => (this.#byName.get(name) ?? []).map((one) => one.name))
  }

  #fail(at: Position, job: SingleJob, what: string): void {
    this.#context.report.problem(at, 'ciconfig.needs', `job "${job.group}" ${what}`)
  }
}

interface NameCheck {
  readonly name: string
  readonly at: Position
  readonly word: string
  readonly isOptional: boolean
}

/** `$[[ matrix.NAME ]]` is the value of the job that needs. */
function withMatrix(row: MatrixRow, { matrix }: SingleJob): MatrixRow {
  const replaced = (text: string): string =>
    text.replaceAll(
      /\$\[\[\s*matrix\.(\w+)\s*\]\]/g,
      (whole: string, key: string) => matrix?.get(key) ?? whole,
    )
  return new Map([...row].map(([key, values]) => [key, values.map(replaced)]))
}

function plain(need: Exclude<Need, JobNeed>): LinkedNeed {
  if (need.kind === 'project') {
    const { project, job, ref, artifacts } = need
    return { project, job, ref, artifacts }
  }
  const { pipeline, job, artifacts } = need
  return { pipeline, job, artifacts }
}

/** Kahn's algorithm: whoever is left over when all that can start have started waits for itself. */
function checkCircle(jobs: readonly LinkedJob[], report: Report): void {
  const needs = new Map(
    jobs.map(({ name, linkedNeeds }) => [
      name,
      (linkedNeeds ?? []).flatMap((need) => ('project' in need || 'pipeline' in need ? [] : [need.job])),
    ]),
  )
  const open = new Map([...needs].map(([name, names]) => [name, names.length]))
  const neededBy = new Map<string, string[]>()
  for (const [name, names] of needs)
    for (const one of names) neededBy.set(one, [...(neededBy.get(one) ?? []), name])
  const ready = [...open].filter(([, count]) => count === 0).map(([name]) => name)
  for (const name of ready)
    for (const next of neededBy.get(name) ?? []) {
      const count = (open.get(next) ?? 0) - 1
      open.set(next, count)
      if (count === 0) ready.push(next)
    }
  const first = jobs.find(({ name }) => (open.get(name) ?? 0) > 0)
  if (first !== undefined)
    report.problem(
      first.at,
      'ciconfig.needs',
      `job "${first.name}" needs jobs that wait for each other in a circle: ${circleFrom(first.name, { needs, open })}`,
    )
}

function circleFrom(
  start: string,
  { needs, open }: { needs: ReadonlyMap<string, readonly string[]>; open: ReadonlyMap<string, number> },
): string {
  const path: string[] = []
  let name = start
  while (!path.includes(name)) {
    path.push(name)
    name = needs.get(name)?.find((one) => (open.get(one) ?? 0) > 0) ?? name
  }
  return [...path.slice(path.indexOf(name)), name].join(' → ')
}
