import type { Policy } from '../../verify/index.ts'
import type { VerifyIo } from './io.ts'
import type { Target, VerifyPlan } from './plan.ts'
import type { SealReader, TrustStart } from './readers.ts'
import type { SealFiles } from './seal-files.ts'

/** Who must have signed a target: somebody whom the policy lets, or the managed key. */
export type Expected = { readonly policy: Policy } | { readonly key: Uint8Array }

/** What all targets share. */
export interface Prepared {
  readonly plan: VerifyPlan
  readonly io: VerifyIo
  readonly start: TrustStart
  readonly expectedOf: (target: Target) => Expected
  readonly reader: SealReader
  readonly sealsOf: (target: Target) => Promise<SealFiles>
}
