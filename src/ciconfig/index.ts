/**
 * `.gitlab-ci.yml` to a typed plan, as GitLab reads it, with the place of everything that is wrong.
 *
 * Most callers need `planPipeline`; who starts jobs also needs `byPrecedence` and `expandVariables`, which resolve a
 * job's variables once all of them are known. Pure: the text is handed in, no file is read and no process started.
 *
 * This version plans `stages`, `variables`, `default`, hidden jobs, `extends`, and of a job `stage`, `image` (name),
 * `variables`, `before_script`, `script`, `after_script`, `cache`, `artifacts`, `id_tokens`, `when`, `allow_failure`.
 * Any other keyword of GitLab's is an error, never ignored. What the runner expands (cache, artifacts) stays as written.
 * Follows GitLab's CI/CD YAML reference and its sources (`variables/collection.rb`, `extendable/entry.rb`, Psych).
 */
export { expandText, expandVariables, type Expansion, type Variable } from './expand.ts'
export {
  byPrecedence,
  planPipeline,
  type KnownVariables,
  type Plan,
  type PlannedArtifacts,
  type PlannedCache,
  type PlannedImage,
  type PlannedJob,
  type PlanRequest,
} from './plan.ts'
export { formatProblem, InvalidPipelineError, type Problem } from './report.ts'
