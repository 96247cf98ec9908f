import type { Secret } from '../../base/index.ts'
import type { Requirement } from '../../packaging/index.ts'
import type { VerifyPlan } from '../verify/index.ts'

/** Where the files are, and what is known of their seals from that. */
export interface Place {
  /** Of the simple index, without the project's name. */
  readonly indexUrl: string
  /** Of the project's generic registry, where a GitLab keeps seals; undefined for an index of another kind. */
  readonly genericUrl?: string
  /** The last part of the project's path, after which its seals may be named. */
  readonly projectName?: string
}

/** The value of `Authorization`, for the host of the index alone. */
export interface Login {
  readonly authorization: Secret
  /** For people: the variable that it is from. */
  readonly from: string
}

/** The command as it was meant. */
export interface FetchPlan {
  readonly requirements: readonly Requirement[]
  readonly place: Place
  readonly login?: Login
  readonly out: string
  /** By what and by whom the files must be sealed; its targets are those that the index has. */
  readonly verify: VerifyPlan
}
