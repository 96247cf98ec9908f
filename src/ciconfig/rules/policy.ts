import { holds } from '../expression/condition.ts'
import { rubyPattern } from '../expression/pattern.ts'
import type { Policy } from '../read/policy.ts'
import { expander } from '../scope.ts'
import { firstMatch, type RuleContext } from './clauses.ts'
import type { RefFacts } from './surroundings.ts'

/** GitLab's `only` where a job says nothing: no merge request pipelines. */
const DEFAULT_REFS = ['branches', 'tags']

export interface PolicyOutcome {
  readonly isIn: boolean
  readonly because: string
}

/** `only`: every key must hold, `refs` by default for branches and tags. `except`: no key may hold. */
export async function decidePolicies(
  { only, except }: { readonly only: Policy | undefined; readonly except: Policy | undefined },
  context: RuleContext,
): Promise<PolicyOutcome> {
  const wanted = await outcomes({ ...only, refs: only?.refs ?? DEFAULT_REFS }, context)
  const missed = wanted.find(([, outcome]) => !outcome)?.[0]
  if (missed !== undefined) return { isIn: false, because: notIn(missed, { only, ref: context.ref }) }
  const hit = (await outcomes(except ?? {}, context)).find(([, outcome]) => outcome)?.[0]
  if (hit !== undefined) return { isIn: false, because: `except:${hit} holds` }
  const isPlain = only === undefined && except === undefined
  return { isIn: true, because: isPlain ? 'it has no rules' : 'only and except admit it' }
}

function notIn(
  key: string,
  { only, ref }: { readonly only: Policy | undefined; readonly ref: RefFacts },
): string {
  const isDefault = only === undefined && ref.kind === 'merge-request'
  return isDefault ? 'a job without rules is not in merge request pipelines' : `only:${key} does not hold`
}

async function outcomes(
  { refs, variables, changes, kubernetes }: Partial<Policy>,
  context: RuleContext,
): Promise<readonly (readonly [string, boolean])[]> {
  const lookup = (name: string): string | undefined => context.variables.get(name)?.value
  return [
    ...(refs === undefined ? [] : [['refs', refs.some((ref) => isRef(ref, context.ref))] as const]),
    ...(variables === undefined ? [] : [['variables', variables.some((one) => holds(one, lookup))] as const]),
    ...(changes === undefined ? [] : [['changes', await hasChanged(changes, context)] as const]),
    // There is no cluster here.
    ...(kubernetes === undefined ? [] : [['kubernetes', false] as const]),
  ]
}

async function hasChanged(
  globs: readonly string[],
  { repository, variables }: RuleContext,
): Promise<boolean> {
  const changes = await repository.changes(undefined)
  if (changes.kind !== 'paths') return true
  return firstMatch(globs.map(expander(variables, 'kept')), changes.paths) !== undefined
}

/** `branches`, `tags`, a source of pipelines in singular or plural, a name or `/pattern/`, each with `@group/project`. */
function isRef(wanted: string, ref: RefFacts): boolean {
  const [pattern, project] = splitProject(wanted)
  if (project !== undefined && project !== ref.projectPath) return false
  if (wordsFor(ref).includes(pattern)) return true
  if (ref.kind === 'merge-request') return false
  return rubyPattern(pattern)?.matches(ref.name) ?? pattern === ref.name
}

/** What `refs` may call a pipeline, besides the name of its branch or tag. */
function wordsFor({ kind, source }: RefFacts): readonly string[] {
  const kinds = { branch: ['branches'], tag: ['tags'], 'merge-request': [] }[kind]
  const name = source.replace(/_event$/, '')
  return name === '' ? kinds : [...kinds, name, plural(name)]
}

/** A pattern may hold an `@` of its own. */
function splitProject(text: string): readonly [string, string?] {
  const at = text.startsWith('/') ? text.indexOf('@', text.lastIndexOf('/')) : text.indexOf('@')
  if (text.startsWith('/') && !/^\/.*\/[ismU]*@/.test(text)) return [text]
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

function plural(source: string): string {
  return source.endsWith('sh') ? `${source}es` : `${source}s`
}
