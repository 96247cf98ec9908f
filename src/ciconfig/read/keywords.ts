import {
  allUnsupported,
  choice,
  flag,
  named,
  record,
  text,
  textOrTexts,
  texts,
  unsupported,
  wrong,
  wrongType,
  type Reader,
} from './fields.ts'
import type { Node } from '../nodes.ts'
import { readVariables } from './variables.ts'

export interface Image {
  readonly name: string
}

export interface Artifacts {
  readonly name: string | null
  readonly paths: readonly string[]
  readonly exclude: readonly string[]
  readonly untracked: boolean
  readonly when: When
  readonly expire_in: string | null
}

export interface Cache {
  readonly key: string
  readonly paths: readonly string[]
  readonly untracked: boolean
  readonly unprotect: boolean
  readonly policy: 'pull-push' | 'pull' | 'push'
  readonly when: When
  readonly fallback_keys: readonly string[]
}

export type IdTokens = Readonly<Record<string, { readonly aud: string | readonly string[] }>>

export type When = 'on_success' | 'on_failure' | 'always'

const MAX_SCRIPT_DEPTH = 10
const MAX_CACHES = 4
const MAX_FALLBACK_KEYS = 5

/** A text, or a list of texts nested up to ten levels, as one flat list. */
const script: Reader<readonly string[]> = (node, place) => {
  const lines: string[] = []
  const visit = (item: Node, depth: number): void => {
    if (item.kind === 'list' && depth < MAX_SCRIPT_DEPTH)
      for (const inner of item.items) visit(inner, depth + 1)
    else if (item.kind === 'scalar' && typeof item.value === 'string') lines.push(item.value)
    else wrongType(item, place, `a string or a list of strings, at most ${MAX_SCRIPT_DEPTH} levels deep`)
  }
  visit(node, 0)
  return lines
}

const executedWhen: Reader<When> = choice('on_success', 'on_failure', 'always')

const imageTable = {
  name: text,
  ...allUnsupported('entrypoint', 'docker', 'kubernetes', 'pull_policy'),
}
const imageFields = record(imageTable)

const image: Reader<Image> = (node, place) => {
  const name = node.kind === 'map' ? imageFields(node, place)?.name : text(node, place)
  if (name !== undefined && name !== '') return { name }
  return wrong(node, place, { code: 'ciconfig.value', what: 'needs a name' })
}

/** `never`, or figures with units as in `3 hours 30 minutes` and `1w2d`; GitLab counts a bare figure as seconds. */
const DURATION =
  /^(?:never|(?:\d+(?:\.\d+)?\s*(?:s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?|mos?|months?|y|yrs?|years?)?\s*(?:,|and)?\s*)+)$/i

const duration: Reader<string> = (node, place) => {
  const value =
    node.kind === 'scalar' && typeof node.value === 'bigint' ? `${node.value} seconds` : text(node, place)
  if (value === undefined || (value.length <= 64 && DURATION.test(value))) return value
  return wrong(node, place, {
    code: 'ciconfig.value',
    what: 'must be a time such as 1 week, 3 mins 4 sec, or never',
  })
}

/** Which files git does not track is not asked here; saying that it need not be is fine. */
const trackedOnly: Reader<boolean> = (node, place) => {
  const isUntracked = flag(node, place)
  return isUntracked === true ? unsupported(node, place) : isUntracked
}

const artifactTable = {
  name: text,
  paths: texts,
  exclude: texts,
  untracked: trackedOnly,
  when: executedWhen,
  expire_in: duration,
  ...allUnsupported('access', 'expose_as', 'public', 'reports'),
}
const artifactFields = record(artifactTable)

const artifacts: Reader<Artifacts> = (node, place) => {
  const values = artifactFields(node, place)
  if (values === undefined) return undefined
  return {
    name: values.name ?? null,
    paths: values.paths ?? [],
    exclude: values.exclude ?? [],
    untracked: values.untracked ?? false,
    when: values.when ?? 'on_success',
    expire_in: values.expire_in ?? null,
  }
}

const cacheKey: Reader<string> = (node, place) => {
  if (node.kind === 'map') return unsupported(node, { ...place, path: `${place.path}:files` })
  const value = text(node, place)
  if (value === undefined || (!/\/|%2f/i.test(value) && !/^(?:\.|%2e){1,2}$/i.test(value))) return value
  return wrong(node, place, {
    code: 'ciconfig.value',
    what: 'must not contain a slash or consist of dots only',
  })
}

const fallbackKeys: Reader<readonly string[]> = (node, place) => {
  if (node.kind === 'list' && node.items.length > MAX_FALLBACK_KEYS)
    return wrong(node, place, { code: 'ciconfig.value', what: `has more than ${MAX_FALLBACK_KEYS} keys` })
  const keys = node.kind === 'list' ? node.items.map((item) => cacheKey(item, place)) : texts(node, place)
  return keys?.filter((key) => key !== undefined)
}

const cacheTable = {
  key: cacheKey,
  paths: texts,
  untracked: trackedOnly,
  unprotect: flag,
  policy: choice('pull-push', 'pull', 'push'),
  when: executedWhen,
  fallback_keys: fallbackKeys,
}
const cacheFields = record(cacheTable)

const oneCache: Reader<Cache> = (node, place) => {
  const values = cacheFields(node, place)
  if (values === undefined) return undefined
  return {
    key: values.key ?? 'default',
    paths: values.paths ?? [],
    untracked: values.untracked ?? false,
    unprotect: values.unprotect ?? false,
    policy: values.policy ?? 'pull-push',
    when: values.when ?? 'on_success',
    fallback_keys: values.fallback_keys ?? [],
  }
}

const caches: Reader<readonly Cache[]> = (node, place) => {
  const items = node.kind === 'list' ? node.items : [node]
  if (items.length > MAX_CACHES)
    return wrong(node, place, { code: 'ciconfig.value', what: `has more than ${MAX_CACHES} entries` })
  return items.map((item) => oneCache(item, place)).filter((cache) => cache !== undefined)
}

const idTokenTable = { aud: textOrTexts }
const idToken = record(idTokenTable)

const idTokens: Reader<IdTokens> = (node, place) => {
  if (node.kind !== 'map') return wrongType(node, place, 'a map of tokens')
  const tokens = new Map<string, { readonly aud: string | readonly string[] }>()
  for (const [name, { keyAt, value }] of node.entries) {
    const here = { ...place, keyAt, path: `${place.path}:${name}` }
    if (!/^[a-zA-Z_]\w*$/.test(name))
      place.report.problem(keyAt, 'ciconfig.value', `${named(here)} is not a variable name`)
    const token = idToken(value, here)
    const aud = token?.aud ?? []
    if (aud.length > 0) tokens.set(name, { aud })
    else if (token !== undefined) place.report.problem(keyAt, 'ciconfig.value', `${named(here)} needs aud`)
  }
  return Object.fromEntries(tokens)
}

const jobWhen: Reader<When> = (node, place) => {
  const waits = node.kind === 'scalar' && (node.value === 'manual' || node.value === 'delayed')
  return waits ? unsupported(node, { ...place, path: `when: ${node.value}` }) : executedWhen(node, place)
}

const allowFailure: Reader<boolean> = (node, place) =>
  node.kind === 'map' ? unsupported(node, { ...place, path: `${place.path}:exit_codes` }) : flag(node, place)

/** The keywords within a keyword's map. */
export const innerFields = {
  image: imageTable,
  artifacts: artifactTable,
  cache: cacheTable,
  id_tokens: idTokenTable,
}

const defaultable = {
  image,
  before_script: script,
  after_script: script,
  cache: caches,
  artifacts,
  id_tokens: idTokens,
}

export const defaultFields = {
  ...defaultable,
  ...allUnsupported('hooks', 'identity', 'interruptible', 'retry', 'services', 'tags', 'timeout'),
}

/** GitLab's job keywords, all of them: what is not executed here says so. */
export const jobFields = {
  ...defaultable,
  stage: text,
  script,
  variables: readVariables({ isTopLevel: false }),
  when: jobWhen,
  allow_failure: allowFailure,
  ...allUnsupported(
    'coverage',
    'dast_configuration',
    'dependencies',
    'environment',
    'except',
    'hooks',
    'identity',
    'inherit',
    'inputs',
    'interruptible',
    'manual_confirmation',
    'needs',
    'only',
    'pages',
    'parallel',
    'publish',
    'release',
    'resource_group',
    'retry',
    'rules',
    'run',
    'secrets',
    'services',
    'start_in',
    'tags',
    'timeout',
    'trigger',
  ),
}
