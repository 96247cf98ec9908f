import type { Expected, SealFile } from '../../verify/index.ts'
import type { VerifyIo } from './io.ts'
import type { Target, VerifyPlan } from './plan.ts'
import type { TrustStart } from './trust-start.ts'

/** All that there is to verify a target by. */
export interface SealFiles {
  /** At least one. */
  readonly sealFiles: readonly SealFile[]
  /** What lies beside the file, and is no whole seal of the kind that was asked for. */
  readonly notChecked: readonly string[]
}

/** What all targets share. */
export interface Prepared {
  readonly plan: VerifyPlan
  readonly io: VerifyIo
  readonly start: TrustStart
  readonly expectedOf: (target: Target) => Expected
  /** Whether all seals of a target must hold, as those in its owner's folder must, or one, where others can park files. */
  readonly seals: 'all' | 'one'
  readonly sealsOf: (target: Target) => Promise<SealFiles>
}
