import type { Project, User } from '../access/index.ts'
import type { Variable } from '../ciconfig/index.ts'
import type { CommitFacts } from './store.ts'

export interface WantedPipeline {
  readonly project: Project
  /** Who is told to have started it: files of other projects are read with this user's rights. */
  readonly user: User
  readonly within?: string
  readonly commit: CommitFacts
  /** The whole name, `refs/heads/main`. */
  readonly ref: string
  /** What the ref was before a push; undefined where that is nothing. */
  readonly beforeSha: string | undefined
  /** GitLab's word. */
  readonly source: 'push' | 'api' | 'web'
  /** Of this pipeline only. */
  readonly variables: readonly Variable[]
  /** By which the pipeline of a push is found again. */
  readonly mark?: string
}
