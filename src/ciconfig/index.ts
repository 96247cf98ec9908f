/**
 * `.gitlab-ci.yml` to a typed plan, as GitLab reads it, with the file, line and column of everything that is wrong.
 *
 * Most callers need `planPipeline`; who looks at how a pipeline is written takes `examinePipeline`, which gives the tree
 * too; who starts jobs also needs `byPrecedence` and `expandVariables`, which resolve a job's variables once all of them
 * are known. Pure: files come in by the port `Sources`, no process is started.
 *
 * The way, read in `plan-pipeline.ts`; each step has its own input and output and knows none of the others:
 * `sources/` files to nodes, with inputs and includes · `merge` one map of all files · `extends` · `references` ·
 * `read/` nodes to keywords · `defaults` · `parallel` · `rules/` which jobs are in, with the reason of each ·
 * `needs` · `plan` order and variables · `notes` what is planned and not carried out.
 *
 * Every keyword of GitLab's is planned. `unexecuted: 'refuse'`, for who runs the jobs, refuses those without which jobs
 * would do something else. What the runner expands (cache, artifacts, services) stays as written.
 * Follows GitLab's CI/CD YAML reference and its sources (`variables/collection.rb`, `extendable/entry.rb`, `yaml/tags/`,
 * `pipeline/expression/`, `build/rules/`, `config/external/`, `config/interpolation/`, Psych).
 */
export { expandText, expandVariables, type Expansion, type Variable } from './expand.ts'
export { InvalidPipelineError, type Reasons } from './invalid.ts'
export type { LinkedNeed } from './needs.ts'
export type { Entry, MapNode, Node, ScalarNode } from './nodes.ts'
export { examinePipeline, planPipeline, type Examined, type PlanRequest } from './plan-pipeline.ts'
export type { Plan, PlannedJob } from './plan.ts'
export type { Artifacts } from './read/artifacts.ts'
export type { Cache } from './read/cache.ts'
export { formatProblem, type Position, type Problem } from './report.ts'
export type { RuleStep } from './rules/decide.ts'
export type { Decision } from './rules/select.ts'
export { createParsedTexts, type ParsedTexts } from './sources/parsed-texts.ts'
export {
  componentParts,
  findVersion,
  shippedText,
  type ComponentParts,
  type ShippedComponent,
} from './sources/component.ts'
export {
  labelOf,
  recordedSources,
  recordSources,
  textSources,
  type Address,
  type Changes,
  type PathList,
  type RepositoryAt,
  type SourceRecord,
  type Sources,
  type SourceText,
} from './sources/sources.ts'
export { durationSeconds } from './durations.ts'
export { byPrecedence, inScope, type KnownVariables } from './variables.ts'
