import type { Access } from '../access/index.ts'
import type { Clock, Log } from '../base/index.ts'
import type { ShippedComponent } from '../ciconfig/index.ts'
import type { Pipelines } from '../pipelines/index.ts'
import type { SigningTrust } from './project-variables.ts'
import type { GitRepositories, PushStore } from './store.ts'

export interface RepositoryParts {
  readonly git: GitRepositories
  readonly store: PushStore
  readonly pipelines: Pick<Pipelines, 'create'>
  readonly access: Access
  /** Of this instance: jobs sign and verify against it. */
  readonly trust: SigningTrust
  readonly clock: Clock
  readonly log: Log
  /** Without a slash at the end. */
  readonly externalUrl: string
  /** Without the project of the component in this instance. */
  readonly shipped: () => ShippedComponent
}
