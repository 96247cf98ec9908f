import { isNull } from '../nodes.ts'
import {
  choice,
  defined,
  flag,
  integer,
  oneOrMore,
  record,
  shownOnly,
  text,
  textOrTexts,
  wrong,
  wrongType,
  writtenMap,
  type Place,
  type Reader,
  type Written,
} from './fields.ts'
import { duration } from './scripts.ts'

export type AllowFailure = boolean | { readonly exit_codes: readonly number[] }

const exitCodes = record({ exit_codes: oneOrMore(integer) })

export const allowFailure: Reader<AllowFailure> = (node, place) => {
  if (node.kind !== 'map') return flag(node, place)
  const codes = exitCodes(node, place)?.exit_codes
  if (codes !== undefined && codes.length > 0) return { exit_codes: codes }
  return node.entries.has('exit_codes')
    ? undefined
    : wrong(node, place, { code: 'ciconfig.value', what: 'needs exit_codes' })
}

export interface Retry {
  readonly max: number
  readonly when: readonly string[]
  readonly exit_codes?: readonly number[]
}

const RETRY_REASONS = [
  'always',
  'unknown_failure',
  'script_failure',
  'api_failure',
  'stuck_or_timeout_failure',
  'runner_system_failure',
  'runner_unsupported',
  'stale_schedule',
  'job_execution_timeout',
  'archived_failure',
  'unmet_prerequisites',
  'scheduler_failure',
  'data_integrity_failure',
  'runner_provisioning_timeout',
] as const

const MAX_RETRIES = 2

const times: Reader<number> = (node, place) => {
  const max = integer(node, place)
  if (max === undefined || (max >= 0 && max <= MAX_RETRIES)) return max
  return wrong(node, place, { code: 'ciconfig.value', what: `must be 0 to ${MAX_RETRIES}` })
}

export const retryTable = {
  max: times,
  when: oneOrMore(choice(...RETRY_REASONS)),
  exit_codes: oneOrMore(integer),
}
const retryFields = record(retryTable)

export const retry: Reader<Retry> = (node, place) => {
  if (node.kind !== 'map') {
    const max = times(node, place)
    return max === undefined || max === 0 ? undefined : { max, when: ['always'] }
  }
  const values = retryFields(node, place)
  if (values?.max === undefined || values.max === 0) return undefined
  const { max, exit_codes } = values
  const when = values.when ?? (exit_codes === undefined ? ['always'] : [])
  return { max, when, ...(exit_codes === undefined ? {} : { exit_codes }) }
}

export type Inheritance = boolean | readonly string[]
export interface Inherit {
  readonly default: Inheritance
  readonly variables: Inheritance
}

const inheritance: Reader<Inheritance> = (node, place) =>
  node.kind === 'list' ? (textOrTexts(node, place) as readonly string[] | undefined) : flag(node, place)
const inheritFields = record({ default: inheritance, variables: inheritance })

export const inherit: Reader<Inherit> = (node, place) => {
  const values = inheritFields(node, place)
  return values && { default: values.default ?? true, variables: values.variables ?? true }
}

export interface Environment {
  readonly name: string
  readonly url: string | null
  readonly on_stop: string | null
  readonly action: string
  readonly auto_stop_in: string | null
  readonly deployment_tier: string | null
  readonly kubernetes: Written
}

export const environmentTable = {
  name: text,
  url: text,
  on_stop: shownOnly(text),
  action: choice('start', 'prepare', 'stop', 'verify', 'access'),
  auto_stop_in: shownOnly(text),
  deployment_tier: choice('production', 'staging', 'testing', 'development', 'other'),
  kubernetes: shownOnly(writtenMap),
}
const environmentFields = record(environmentTable)

export const environment: Reader<Environment> = (node, place) => {
  const isMap = node.kind === 'map'
  const values = isMap ? environmentFields(node, place) : { name: text(node, place) }
  const name = values?.name ?? ''
  return name === ''
    ? noName(isMap, { node, place })
    : { ...PLAIN_ENVIRONMENT, ...defined(values ?? {}), name }
}

const PLAIN_ENVIRONMENT: Environment = {
  name: '',
  url: null,
  on_stop: null,
  action: 'start',
  auto_stop_in: null,
  deployment_tier: null,
  kubernetes: null,
}

function noName(
  isMap: boolean,
  { node, place }: { node: Parameters<typeof text>[0]; place: Place },
): undefined {
  return isMap ? wrong(node, place, { code: 'ciconfig.value', what: 'needs a name' }) : undefined
}

/** GitLab takes the figure from the log by this pattern and shows it; jobs do not see it. */
export const coverage: Reader<string> = shownOnly((node, place) => {
  const pattern = text(node, place)
  if (pattern === undefined || /^\/.+\/$/s.test(pattern)) return pattern
  return wrong(node, place, { code: 'ciconfig.value', what: 'must be a pattern between slashes' })
})

const MAX_TAGS = 50
export const tags: Reader<readonly string[]> = (node, place) => {
  if (isNull(node)) return []
  const names = node.kind === 'list' ? (textOrTexts(node, place) as readonly string[] | undefined) : undefined
  if (node.kind !== 'list') return wrongType(node, place, 'a list of strings')
  if ((names?.length ?? 0) <= MAX_TAGS) return names
  return wrong(node, place, { code: 'ciconfig.value', what: `has more than ${MAX_TAGS} entries` })
}

export const timeout = duration
export const interruptible = flag
