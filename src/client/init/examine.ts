import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { examinePipeline, formatProblem, type Problem, type Sources } from '../../ciconfig/index.ts'
import { initErrors, PIPELINE_PATH, type FileChange } from '../../init/index.ts'
import { situationsOf, type LintPorts } from '../lint/lint-here.ts'
import type { GitFacts } from '../lint/project-facts.ts'
import { elsewhere } from '../plan/elsewhere.ts'
import { gitSources, plainSources } from '../plan/git-sources.ts'

/** A project with what would be changed in it. */
export interface Draft {
  readonly folder: string
  readonly git: GitFacts
  readonly changes: readonly FileChange[]
}

export interface Examined {
  /** Without those that every pipeline has. */
  readonly stages: readonly string[]
  readonly names: ReadonlySet<string>
  readonly problems: readonly Problem[]
  /** Includes that could not be followed, and why. */
  readonly unread: readonly string[]
}

/** The pipelines of the default branch and of a tag, as far as they can be planned without the network. */
export async function examine(draft: Draft, ports: LintPorts): Promise<Examined> {
  const sources = sourcesOf(draft, ports)
  const plans = []
  for (const { kind, variables } of situationsOf(draft.git))
    if (kind !== 'branch') plans.push(await examinePipeline({ file: PIPELINE_PATH, sources, variables }))
  const problems = plans.flatMap((plan) => plan.problems)
  return {
    stages: (plans[0]?.plan.stages ?? []).filter((stage) => stage !== '.pre' && stage !== '.post'),
    names: new Set(plans.flatMap(({ root }) => Array.from(root.entries.keys()))),
    problems,
    unread: [...new Set(problems.filter(({ code }) => code === 'ciconfig.include').map(formatProblem))],
  }
}

/**
 * What could be planned before can be planned afterwards: throws `init.pipeline`. A file that has only the component
 * needs no look, which takes as long as all the rest.
 */
export async function refuseBroken(
  before: Examined | undefined,
  draft: Draft,
  ports: LintPorts,
): Promise<void> {
  if (before === undefined || before.problems.length > 0) return
  const isThere = draft.changes.some(({ path }) => path === PIPELINE_PATH)
  const { problems } = isThere ? await examine(draft, ports) : { problems: [] }
  const [first] = problems
  if (first === undefined) return
  throw initErrors('init.pipeline', `with the component, ${formatProblem(first)}`, {
    hint: 'this file could be planned, and would no longer be: add the include yourself, and look at wheelseal plan',
  })
}

/** The folder with the changes laid over it. */
function sourcesOf({ folder, changes }: Draft, ports: LintPorts): Sources {
  const texts = new Map(changes.map(({ path, after }) => [path, after]))
  const here = gitSources(
    plainSources({ folder, files: ports.files }),
    elsewhere({ ...ports, mirror: undefined, http: undefined, say: () => undefined }),
  )
  return {
    ...here,
    read: async (address) => {
      const text =
        address.kind === 'file' && address.repository === null ? texts.get(address.path) : undefined
      return text === undefined ? here.read(address) : { kind: 'text', text }
    },
  }
}

/** Whether GitLab would read the pipeline of this folder: it looks at the top of a repository only. */
export function isBelowRepository(folder: string, above: string): boolean {
  if (existsSync(join(folder, '.git')) || folder === above) return false
  return existsSync(join(above, '.git')) || isBelowRepository(above, dirname(above))
}
