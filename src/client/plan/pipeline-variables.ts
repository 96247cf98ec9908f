import type { Variable } from '../../ciconfig/index.ts'
import { pipelineVariables } from '../../pipelines/index.ts'
import { isReleaseRef, pipelineCommit, type ProjectSource } from '../run/project-source.ts'

/** Which pipeline of the commit: GitLab's source, and what it is of. */
export interface PipelineKind {
  readonly source: string
  readonly ref: { readonly name: string; readonly type: 'branch' | 'tag' }
}

export interface ServerFacts {
  readonly externalUrl: string
  readonly project: { readonly id: number; readonly visibility: 'public' | 'internal' | 'private' }
  readonly login: string
  readonly createdAtMs: number
}

export const MERGE_REQUEST = 'merge_request_event'

/** The variables that GitLab predefines, as far as they are known before there is a pipeline. */
export function predefinedFor(
  source: ProjectSource,
  { kind, server }: { readonly kind: PipelineKind; readonly server: ServerFacts },
): readonly Variable[] {
  const { path, defaultBranch } = source
  const namespacePath = path.slice(0, path.lastIndexOf('/'))
  const { ref } = kind
  const variables = pipelineVariables(
    {
      project: {
        ...server.project,
        path,
        name: path.slice(path.lastIndexOf('/') + 1),
        namespaceId: 1,
        namespacePath,
        defaultBranch,
      },
      user: { id: 1, login: server.login, email: `${server.login}@localhost`, accessLevel: 'owner' },
      // As the pipeline that `run` makes of it.
      commit: { ...pipelineCommit(source, ref), isRefProtected: isReleaseRef({ ref, defaultBranch }) },
      source: kind.source,
      configPath: '.gitlab-ci.yml',
    },
    { externalUrl: server.externalUrl, createdAtMs: server.createdAtMs },
  )
  return kind.source === MERGE_REQUEST ? ofMergeRequest(variables, source, ref.name) : variables
}

/** A merge request of the branch into the default branch: neither CI_COMMIT_BRANCH nor a protected ref. */
function ofMergeRequest(
  variables: readonly Variable[],
  source: ProjectSource,
  branch: string,
): readonly Variable[] {
  const { path, defaultBranch, sha, title } = source
  return [
    ...variables.filter(({ key }) => !['CI_COMMIT_BRANCH', 'CI_COMMIT_REF_PROTECTED'].includes(key)),
    { key: 'CI_COMMIT_REF_PROTECTED', value: 'false' },
    { key: 'CI_MERGE_REQUEST_ID', value: '1' },
    { key: 'CI_MERGE_REQUEST_IID', value: '1' },
    { key: 'CI_MERGE_REQUEST_EVENT_TYPE', value: 'detached' },
    { key: 'CI_MERGE_REQUEST_PROJECT_PATH', value: path },
    { key: 'CI_MERGE_REQUEST_SOURCE_PROJECT_PATH', value: path },
    { key: 'CI_MERGE_REQUEST_REF_PATH', value: 'refs/merge-requests/1/head' },
    { key: 'CI_MERGE_REQUEST_SOURCE_BRANCH_NAME', ...text(branch) },
    { key: 'CI_MERGE_REQUEST_SOURCE_BRANCH_SHA', value: '' },
    { key: 'CI_MERGE_REQUEST_TARGET_BRANCH_NAME', ...text(defaultBranch) },
    { key: 'CI_MERGE_REQUEST_TARGET_BRANCH_SHA', value: '' },
    { key: 'CI_MERGE_REQUEST_TARGET_BRANCH_PROTECTED', value: 'true' },
    { key: 'CI_MERGE_REQUEST_SOURCE_BRANCH_PROTECTED', value: 'false' },
    { key: 'CI_MERGE_REQUEST_TITLE', ...text(title) },
    { key: 'CI_MERGE_REQUEST_DIFF_ID', value: '1' },
    { key: 'CI_MERGE_REQUEST_DIFF_BASE_SHA', value: source.beforeSha ?? sha },
  ]
}

/** A person's text, in which a dollar sign is no reference. */
function text(value: string): Omit<Variable, 'key'> {
  return /[$%]/.test(value) ? { value, isRaw: true } : { value }
}
