import type { Plan, Variable } from '../ciconfig/index.ts'

/** What a pipeline needs of its project, as it was when the pipeline was created. */
export interface PipelineProject {
  readonly id: number
  /** Full path, `group/project`. */
  readonly path: string
  readonly name: string
  readonly namespaceId: number
  readonly namespacePath: string
  readonly visibility: 'public' | 'internal' | 'private'
  readonly defaultBranch: string
}

/** Who started the pipeline: its jobs act with this user's rights. */
export interface PipelineUser {
  readonly id: number
  readonly login: string
  readonly email: string
  readonly name?: string
  /** `owner`, `maintainer`, …; null without membership. */
  readonly accessLevel: string | null
}

export interface PipelineCommit {
  /** HTTP(S), or an absolute path of this machine. Never with credentials. */
  readonly repositoryUrl: string
  readonly sha: string
  readonly ref: string
  readonly refType: 'branch' | 'tag'
  /** Default: 40 zeros, as for the first commit of a branch. */
  readonly beforeSha?: string
  readonly title?: string
  readonly message?: string
  /** `Name <email>`. */
  readonly author?: string
  /** ISO 8601. */
  readonly timestamp?: string
  /** Default: the default branch is protected, nothing else. */
  readonly isRefProtected?: boolean
  /** A mark of the push that it came by: a push finds the pipeline again that it has made. */
  readonly push?: string
}

/** Where a pipeline came from; never changes. */
export interface PipelineOrigin {
  readonly project: PipelineProject
  readonly user: PipelineUser
  readonly commit: PipelineCommit
  /** GitLab's word: `push`, `web`, `api`, … */
  readonly source: string
  readonly configPath: string
  readonly stages: readonly string[]
  /** Still open: kept as handed in, masked ones too, in the owner-only database. */
  readonly projectVariables: readonly Variable[]
  readonly pipelineVariables: readonly Variable[]
  /** `workflow:name`, expanded. */
  readonly name?: string | null
  readonly autoCancel?: Plan['workflow']['auto_cancel']
  /** Why its file made no jobs; lines that are printable. Undefined where it did. */
  readonly yamlErrors?: readonly string[]
}
