import type { Variable } from '../expand.ts'
import type { Report } from '../report.ts'
import type { Sources } from '../sources/sources.ts'
import { inScope, type KnownVariables } from '../variables.ts'

/** What a pipeline is made of: its ref, as the predefined variables say. */
export interface RefFacts {
  readonly kind: 'branch' | 'tag' | 'merge-request'
  readonly name: string
  readonly source: string
  readonly projectPath: string
  readonly isProtected: boolean
}

/** All that rules may ask. */
export interface Surroundings {
  readonly ref: RefFacts
  /** Without those of an environment. */
  readonly known: KnownVariables
  /** Of every scope and ref. */
  readonly allKnown: KnownVariables
  readonly repository: Repository
  readonly report: Report
}

export type Repository = Pick<Sources, 'paths' | 'changes'>

export function surroundingsOf(
  variables: KnownVariables,
  { sources, report }: { readonly sources: Sources; readonly report: Report },
): Surroundings {
  const ref = refFacts(variables.predefined)
  const known = inScope(variables, { isProtected: ref.isProtected, environment: null })
  return { ref, known, allKnown: variables, repository: askedOnce(sources), report }
}

function refFacts(predefined: readonly Variable[]): RefFacts {
  const values = new Map(predefined.map(({ key, value }) => [key, value]))
  const value = (key: string): string => values.get(key) ?? ''
  const isMergeRequest = value('CI_MERGE_REQUEST_IID') !== ''
  return {
    kind: isMergeRequest ? 'merge-request' : value('CI_COMMIT_TAG') === '' ? 'branch' : 'tag',
    name: value('CI_COMMIT_REF_NAME'),
    source: value('CI_PIPELINE_SOURCE'),
    projectPath: value('CI_PROJECT_PATH'),
    isProtected: value('CI_COMMIT_REF_PROTECTED') === 'true',
  }
}

/** Each rule of each job may ask the same. */
function askedOnce(sources: Sources): Repository {
  const answers = new Map<string, Promise<unknown>>()
  const once = <T>(key: string, ask: () => Promise<T>): Promise<T> => {
    const answer = answers.get(key) ?? ask()
    answers.set(key, answer)
    return answer as Promise<T>
  }
  return {
    paths: (at) => once(`paths ${JSON.stringify(at)}`, () => sources.paths(at)),
    changes: (compareTo) => once(`changes ${compareTo}`, () => sources.changes(compareTo)),
  }
}
