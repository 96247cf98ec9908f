import { choice, flag, listOf, named, record, text, texts, wrong, type Reader } from './fields.ts'
import { outcome, type Outcome } from './words.ts'

export interface CacheKeyFiles {
  readonly files: readonly string[]
  readonly prefix: string | null
  /** Of the files, once they are known; null: none of them is there. */
  readonly digest: string | null
}

export interface Cache {
  readonly key: string | CacheKeyFiles
  readonly paths: readonly string[]
  readonly untracked: boolean
  readonly unprotect: boolean
  /** `pull-push`, `pull`, `push`, or a variable that the runner expands to one of them. */
  readonly policy: string
  readonly when: Outcome
  readonly fallback_keys: readonly string[]
}

const MAX_CACHES = 4
const MAX_FALLBACK_KEYS = 5
const MAX_KEY_FILES = 2

const plainKey: Reader<string> = (node, place) => {
  const value = text(node, place)
  if (value === undefined || (!/\/|%2f/i.test(value) && !/^(?:\.|%2e){1,2}$/i.test(value))) return value
  return wrong(node, place, {
    code: 'ciconfig.value',
    what: 'must not contain a slash or consist of dots only',
  })
}

const keyFields = record({
  files: listOf(text, MAX_KEY_FILES),
  files_commits: listOf(text, MAX_KEY_FILES),
  prefix: text,
})

const cacheKey: Reader<string | CacheKeyFiles> = (node, place) => {
  if (node.kind !== 'map') return plainKey(node, place)
  const values = keyFields(node, place)
  const files = values?.files ?? values?.files_commits
  if (files === undefined || files.length === 0)
    return wrong(node, place, { code: 'ciconfig.value', what: 'needs files' })
  return { files, prefix: values?.prefix ?? null, digest: null }
}

const fallbackKeys: Reader<readonly string[]> = (node, place) => {
  if (node.kind === 'list' && node.items.length > MAX_FALLBACK_KEYS)
    return wrong(node, place, { code: 'ciconfig.value', what: `has more than ${MAX_FALLBACK_KEYS} keys` })
  const keys = node.kind === 'list' ? node.items.map((item) => plainKey(item, place)) : texts(node, place)
  return keys?.filter((key) => key !== undefined)
}

const wordPolicy = choice('pull-push', 'pull', 'push')
const policy: Reader<string> = (node, place) => {
  if (node.kind !== 'scalar' || typeof node.value !== 'string' || !node.value.startsWith('$'))
    return wordPolicy(node, place)
  return node.value
}

export const cacheTable = {
  key: cacheKey,
  paths: texts,
  untracked: flag,
  unprotect: flag,
  policy,
  when: outcome,
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

export const caches: Reader<readonly Cache[]> = (node, place) => {
  const items = node.kind === 'list' ? node.items : [node]
  if (items.length > MAX_CACHES)
    return wrong(node, place, { code: 'ciconfig.value', what: `has more than ${MAX_CACHES} entries` })
  return items.map((item) => oneCache(item, place)).filter((cache) => cache !== undefined)
}

export type IdTokens = Readonly<Record<string, { readonly aud: string | readonly string[] }>>

const idToken = record({
  aud: (node, place) => (node.kind === 'list' ? texts(node, place) : text(node, place)),
})

export const idTokens: Reader<IdTokens> = (node, place) => {
  if (node.kind !== 'map')
    return wrong(node, place, { code: 'ciconfig.type', what: 'must be a map of tokens' })
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
