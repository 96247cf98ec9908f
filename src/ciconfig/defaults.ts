import type { Variable } from './expand.ts'
import type { Artifacts, Cache, IdTokens, Image, When } from './read/keywords.ts'
import type { JobContent } from './read/job.ts'
import type { DefaultKeywords } from './read/pipeline.ts'
import type { Position } from './report.ts'
import { DEFAULT_STAGE } from './stages.ts'

/** A job with all its keywords: its own, else those of `default`, else GitLab's. */
export interface Job {
  readonly name: string
  /** Where its name stands. */
  readonly at: Position
  readonly stage: string
  readonly image: Image | null
  readonly before_script: readonly string[]
  readonly script: readonly string[]
  readonly after_script: readonly string[]
  /** The job's own. */
  readonly variables: readonly Variable[]
  readonly cache: readonly Cache[]
  readonly artifacts: Artifacts | null
  readonly id_tokens: IdTokens
  /** As the job says; `rules` may say otherwise. */
  readonly when: When | undefined
  readonly allow_failure: boolean | undefined
}

const PLAIN_JOB = {
  stage: DEFAULT_STAGE,
  image: null,
  before_script: [],
  script: [],
  after_script: [],
  variables: [],
  cache: [],
  artifacts: null,
  id_tokens: {},
  when: undefined,
  allow_failure: undefined,
} as const

/** A default is taken whole, and only where the job lacks the keyword: nothing merges here. */
export function applyDefaults(jobs: readonly JobContent[], defaults: DefaultKeywords): readonly Job[] {
  return jobs.map(({ name, at, keywords }) => ({
    name,
    at,
    ...PLAIN_JOB,
    ...present(defaults),
    ...present(keywords),
  }))
}

/** The keywords that were written and read. */
function present<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
