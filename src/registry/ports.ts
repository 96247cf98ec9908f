import type { Blobs, Clock } from '../base/index.ts'
import type { GenericStore } from './generic-store.ts'
import type { PackagesStore } from './packages-store.ts'
import type { Seals } from './seals/seals.ts'
import type { RegistryStore } from './store.ts'

export interface RegistryLimits {
  /** Default 3 GiB, as GitLab's. */
  readonly maxPypiFileBytes: number
  /** Default 5 GiB, as GitLab's. */
  readonly maxGenericFileBytes: number
}

export const DEFAULT_LIMITS: RegistryLimits = {
  maxPypiFileBytes: 3 * 2 ** 30,
  maxGenericFileBytes: 5 * 2 ** 30,
}

export interface RegistryParts {
  readonly store: RegistryStore
  readonly generic: GenericStore
  readonly packages: PackagesStore
  readonly blobs: Blobs
  readonly clock: Clock
  readonly limits?: Partial<RegistryLimits>
  /** Left out where side files are files like any, and every distribution is listed. */
  readonly seals?: Seals
}

/** What the parts of this room share. */
export interface Context extends RegistryParts {
  readonly limits: RegistryLimits
  /** For what costs much of the processor: a few at once, so that an enemy's archives do not hold up everything else. */
  readonly inTurn: <Result>(work: () => Promise<Result>) => Promise<Result>
}
