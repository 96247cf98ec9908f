import type { GateCode } from './errors.ts'
import type { SealVerdict } from './facts.ts'

/** Why a file is not served: a code, and what is said after name and version. */
export interface Ground {
  /** `gate.…`, or `verify.…` as in the verdict of the seal. */
  readonly code: GateCode | `verify.${string}`
  /** `was signed by gitlab.com/mallory/demo, expected gitlab.com/acme/demo`; texts of others in it are printable ASCII. */
  readonly fact: string
}

export interface Decision {
  /** `held`: refused for nothing but its age. `not judged`: listed as it is, and never served before it was judged. */
  readonly outcome: 'allowed' | 'held' | 'refused' | 'not judged'
  /** The first that refuses, one of age only where there is no other; left out where nothing refuses. */
  readonly ground?: Ground
  /** All that refuse or would, in the order of the rules; with those that an exemption lifted. */
  readonly grounds: readonly (Ground & { readonly exemptedBy?: string })[]
  /** The seal by which it is allowed, or would be. */
  readonly seal?: SealVerdict & { readonly holds: true }
  /** `rule 1 of policy.toml (name demo)`. */
  readonly rule: string
  /**
   * Outcome and code stay the same until then, all facts being equal; left out where time changes nothing. For `held` the
   * end of the wait, unless something else may change before.
   */
  readonly untilMs?: number
  /** What is said beside it: `learning`, `settled`, `gone`, `renamed`, … for people. */
  readonly notes: readonly string[]
}
