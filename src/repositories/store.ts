import type { User } from '../access/index.ts'
import type { RunningProcess } from '../base/index.ts'
import type { Changes, PathList, SourceText } from '../ciconfig/index.ts'
import type { PushCommand } from './push-head.ts'

export interface Serving {
  readonly service: 'upload-pack' | 'receive-pack'
  /** Only what there is to fetch or to push to; no input. */
  readonly isAdvertisement: boolean
  /** As the client asks for, of the header `Git-Protocol`. */
  readonly version?: 1 | 2
  /** A whole name: of this one ref what does not follow the commit that is there is refused. */
  readonly protectedRef?: string
}

export interface CommitFacts {
  readonly sha: string
  readonly parents: readonly string[]
  readonly title: string
  readonly message: string
  readonly author: { readonly name: string; readonly email: string; readonly at: string }
  readonly committer: { readonly name: string; readonly email: string; readonly at: string }
}

export interface RefFacts {
  /** Without `refs/heads/` or `refs/tags/`. */
  readonly name: string
  readonly sha: string
  /** Of an annotated tag. */
  readonly message: string | null
}

/** What a plan asks of the repository at one commit. */
export interface CommitSources {
  text(path: string): Promise<SourceText>
  paths(): Promise<PathList>
  changes(compareTo: string | undefined): Promise<Changes>
}

export interface StoredFile {
  readonly blobId: string
  readonly size: number
  readonly lastCommit: string
  readonly isExecutable: boolean
  readonly bytes: Uint8Array
}

export interface PageOf {
  readonly offset: number
  readonly limit: number
}

/**
 * The git repositories of projects, by the numbers of these: nothing of a client's text is ever part of a path. A
 * project has none until `ensure`; all reading calls then say that there is nothing. Safe to call concurrently.
 */
export interface GitRepositories {
  /** Durable when it resolves. Nothing where there is one. */
  ensure(projectId: number, options: { readonly defaultBranch: string }): Promise<void>
  /** git, for one client. Throws `storage.git-busy`, `host.spawn`. */
  serve(projectId: number, serving: Serving): Promise<RunningProcess>
  /** Makes durable what pushes have done to these refs, and the objects they brought. */
  sync(projectId: number, refs: readonly string[]): Promise<void>
  /** The objects that refs of these whole names have now. */
  refsNow(projectId: number, refs: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** Branches or tags by name; `search` is part of the name. */
  listRefs(
    projectId: number,
    options: PageOf & { readonly kind: 'heads' | 'tags'; readonly search: string },
  ): Promise<readonly RefFacts[]>
  /** The commit that a branch, tag or SHA means: undefined for what means none. */
  resolve(projectId: number, ref: string): Promise<string | undefined>
  commit(projectId: number, sha: string): Promise<CommitFacts | undefined>
  listCommits(projectId: number, sha: string, page: PageOf): Promise<readonly CommitFacts[]>
  file(
    projectId: number,
    place: { readonly sha: string; readonly path: string; readonly maxBytes: number },
  ): Promise<StoredFile | undefined>
  /** `base`: the commit that changes are counted from; undefined: everything counts as changed. */
  sourcesAt(
    projectId: number,
    options: { readonly sha: string; readonly base: string | undefined },
  ): CommitSources
  /** `refs/pipelines/N`, which runners fetch. Durable; of many the oldest go. */
  setPipelineRef(projectId: number, pipeline: { readonly id: number; readonly sha: string }): Promise<void>
  /** Ends every process of git that runs. */
  close(): Promise<void>
}

/** Who pushed, as of then. */
export interface Pusher {
  readonly user: User
  /** Path beyond which the token was nobody's. */
  readonly within?: string
}

/**
 * A push whose pipelines are not all made. It is begun before git may change a ref, so that whatever cuts the rest
 * leaves a trace of it.
 */
export interface OpenPush {
  readonly id: number
  readonly projectId: number
  readonly pusher: Pusher
  readonly commands: readonly PushCommand[]
  readonly options: readonly string[]
  readonly beganAtMs: number
  /** Whole names of the refs that it has changed; null while nobody knows. */
  readonly changed: readonly string[] | null
}

/** Durable when a call resolves; numbers are never reused. */
export interface PushStore {
  begin(push: Omit<OpenPush, 'id' | 'changed'>): Promise<number>
  land(id: number, changed: readonly string[]): Promise<void>
  /** It is forgotten: all its pipelines are made, or none is due. */
  finish(id: number): Promise<void>
  /** By number. */
  listOpen(limit: number): Promise<readonly OpenPush[]>
  /** The pipeline that was made since the push began, and whose commit came with this mark. */
  findPipeline(pushId: number, mark: string): Promise<number | undefined>
}
