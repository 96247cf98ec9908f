/**
 * What a project needs in order to sign its releases, as changes of its files: `pyproject.toml` where a build needs
 * more than it says, and an entry of `include` in `.gitlab-ci.yml`, with the stages of the component.
 *
 * Call `planFiles`: texts in, texts out. Files are changed at the places that change, and nowhere else: comments,
 * order, line endings and byte order marks stay. What is there already is not written again.
 *
 * Pure: reads and writes nothing, and knows no git; `client/init` does.
 */
export { initErrors } from './errors.ts'
export {
  planFiles,
  suggestedName,
  type FileChange,
  type FilePlan,
  type PipelineFacts,
  type PlanRequest,
} from './plan-files.ts'
export type { PackageNames } from './package/amend-pyproject.ts'
export type { ProjectFacts } from './package/style.ts'
export { PYPROJECT_PATH } from './package/toml.ts'
export { PIPELINE_PATH } from './pipeline/yaml-file.ts'
export { selfManaged, TARGETS, VENDORED_PATH, type Target, type TargetName } from './target.ts'
