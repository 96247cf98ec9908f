import type { Job } from './defaults.ts'
import type { MatrixRow } from './read/parallel.ts'

/** One of the jobs that `parallel` makes of a job, or the job itself. */
export interface SingleJob extends Job {
  /** As the file names it. */
  readonly group: string
  /** From 1; null without `parallel`. */
  readonly node: { readonly index: number; readonly total: number } | null
  /** The values of its matrix. */
  readonly matrix: Combination | null
}

export type Combination = ReadonlyMap<string, string>

/** GitLab's `job 1/3` for `parallel: 3`, and `job: [aws, app1]` for a matrix, whose values become variables. */
export function expandParallel(jobs: readonly Job[]): readonly SingleJob[] {
  return jobs.flatMap((job) => {
    const { name, parallel } = job
    if (parallel === null) return [{ ...job, group: name, node: null, matrix: null }]
    return parallel.kind === 'count' ? numbered(job, parallel.total) : fromMatrix(job, parallel.rows)
  })
}

function numbered(job: Job, total: number): readonly SingleJob[] {
  return Array.from({ length: total }, (_, index) => ({
    ...job,
    name: `${job.name} ${index + 1}/${total}`,
    group: job.name,
    node: { index: index + 1, total },
    matrix: null,
  }))
}

function fromMatrix(job: Job, rows: readonly MatrixRow[]): readonly SingleJob[] {
  const all = combinations(rows)
  return all.map((matrix, index) => matrixJob(job, matrix, { index: index + 1, total: all.length }))
}

function matrixJob(job: Job, matrix: Combination, node: SingleJob['node']): SingleJob {
  const own = [...matrix].map(([key, value]) => ({ key, value }))
  const name = matrixName(job.name, matrix)
  return { ...job, name, group: job.name, node, matrix, variables: [...job.variables, ...own] }
}

export function matrixName(name: string, matrix: Combination): string {
  return `${name}: [${[...matrix.values()].join(', ')}]`
}

/** Row by row, the last variable changing fastest. */
export function combinations(rows: readonly MatrixRow[]): readonly Combination[] {
  return rows.flatMap((row) =>
    [...row].reduce<readonly Combination[]>(
      (made, [key, values]) => made.flatMap((one) => values.map((value) => new Map([...one, [key, value]]))),
      [new Map()],
    ),
  )
}
