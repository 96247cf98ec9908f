/**
 * `.gitlab-ci.yml` to a typed plan, as GitLab reads it, with the file, line and column of everything that is wrong.
 *
 * Most callers need `planPipeline`; who starts jobs also needs `byPrecedence` and `expandVariables`, which resolve a
 * job's variables once all of them are known. Pure: files come in by the port `Sources`, no process is started.
 *
 * The way, read in `plan-pipeline.ts`; each step has its own input and output and knows none of the others:
 * `sources/` files to nodes · `merge` one map of all files · `extends` · `references` · `read/` nodes to keywords ·
 * `defaults` · `rules` which jobs are in · `plan` order and variables.
 *
 * This version plans `stages`, `variables`, `default`, hidden jobs, `extends`, `!reference`, and of a job `stage`, `image` (name),
 * `variables`, `before_script`, `script`, `after_script`, `cache`, `artifacts`, `id_tokens`, `when`, `allow_failure`.
 * Any other keyword of GitLab's is an error, never ignored. What the runner expands (cache, artifacts) stays as written.
 * Follows GitLab's CI/CD YAML reference and its sources (`variables/collection.rb`, `extendable/entry.rb`, `yaml/tags/`, Psych).
 */
export { expandText, expandVariables, type Expansion, type Variable } from './expand.ts'
export { planPipeline, type PlanRequest } from './plan-pipeline.ts'
export { byPrecedence, type KnownVariables, type Plan, type PlannedJob } from './plan.ts'
export type { Artifacts, Cache, Image } from './read/keywords.ts'
export { formatProblem, InvalidPipelineError, type Problem } from './report.ts'
export { textSources, type Sources, type SourceText } from './sources/sources.ts'
