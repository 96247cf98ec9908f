import type { Variable } from './expand.ts'
import type { AllowFailure, Inherit, Inheritance } from './read/conduct.ts'
import { defined } from './read/fields.ts'
import type { JobContent, JobKeywords } from './read/job.ts'
import type { Policy } from './read/policy.ts'
import type { DefaultKeywords } from './read/pipeline.ts'
import type { Rule } from './read/rules.ts'
import type { When } from './read/words.ts'
import type { Position } from './report.ts'
import { DEFAULT_STAGE } from './stages.ts'

type Keyword<Name extends keyof JobKeywords> = Exclude<JobKeywords[Name], undefined>

/** A job with all its keywords: its own, else those of `default`, else GitLab's. */
export interface Job {
  readonly name: string
  /** Where its name stands. */
  readonly at: Position
  readonly stage: string
  readonly image: Keyword<'image'> | null
  readonly services: Keyword<'services'>
  readonly before_script: readonly string[]
  readonly script: readonly string[]
  readonly after_script: readonly string[]
  /** The job's own. */
  readonly variables: readonly Variable[]
  readonly cache: Keyword<'cache'>
  readonly artifacts: Keyword<'artifacts'> | null
  readonly id_tokens: Keyword<'id_tokens'>
  readonly rules: readonly Rule[] | undefined
  readonly only: Policy | undefined
  readonly except: Policy | undefined
  readonly needs: Keyword<'needs'> | undefined
  readonly dependencies: readonly string[] | null
  readonly parallel: Keyword<'parallel'> | null
  readonly inherit: Inherit | null
  /** As the job says; `rules` may say otherwise. */
  readonly when: When | undefined
  readonly start_in: string | null
  readonly allow_failure: AllowFailure | undefined
  readonly tags: readonly string[]
  readonly retry: Keyword<'retry'> | null
  readonly timeout: string | null
  readonly interruptible: boolean | null
  readonly environment: Keyword<'environment'> | null
  readonly coverage: string | null
  readonly resource_group: string | null
  readonly release: Keyword<'release'> | null
  readonly trigger: Keyword<'trigger'> | null
  readonly secrets: Keyword<'secrets'> | null
  readonly hooks: Keyword<'hooks'> | null
  readonly pages: Keyword<'pages'> | null
  readonly run: Keyword<'run'> | null
}

export const PLAIN_JOB: Omit<Job, 'name' | 'at'> = {
  stage: DEFAULT_STAGE,
  image: null,
  services: [],
  before_script: [],
  script: [],
  after_script: [],
  variables: [],
  cache: [],
  artifacts: null,
  id_tokens: {},
  rules: undefined,
  only: undefined,
  except: undefined,
  needs: undefined,
  dependencies: null,
  parallel: null,
  inherit: null,
  when: undefined,
  start_in: null,
  allow_failure: undefined,
  tags: [],
  retry: null,
  timeout: null,
  interruptible: null,
  environment: null,
  coverage: null,
  resource_group: null,
  release: null,
  trigger: null,
  secrets: null,
  hooks: null,
  pages: null,
  run: null,
}

/** A default is taken whole, and only where the job lacks the keyword: nothing merges here. */
export function applyDefaults(jobs: readonly JobContent[], defaults: DefaultKeywords): readonly Job[] {
  return jobs.map(({ name, at, keywords }) => ({
    name,
    at,
    ...PLAIN_JOB,
    ...defined(inherited(defaults, keywords.inherit?.default ?? true)),
    ...defined(keywords),
  }))
}

function inherited(defaults: DefaultKeywords, inheritance: Inheritance): DefaultKeywords {
  if (typeof inheritance === 'boolean') return inheritance ? defaults : {}
  return Object.fromEntries(Object.entries(defaults).filter(([key]) => inheritance.includes(key)))
}

/** The top-level variables that the job sees. */
export function inheritedVariables(
  shared: readonly Variable[],
  { inherit }: Pick<Job, 'inherit'>,
): readonly Variable[] {
  const inheritance = inherit?.variables ?? true
  if (typeof inheritance === 'boolean') return inheritance ? shared : []
  return shared.filter(({ key }) => inheritance.includes(key))
}
