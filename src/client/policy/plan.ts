import type { TagChoice } from '../../verify/index.ts'
import type { FetchPlan } from '../fetch/index.ts'
import type { VerifyPlan } from '../verify/index.ts'

/** What an index has, by version. */
export type TrustedRelease = Pick<FetchPlan, 'requirements' | 'place' | 'login'>

/** The command as it was meant. */
export interface PolicyPlan extends Pick<VerifyPlan, 'targets' | 'trust' | 'network'> {
  readonly release: TrustedRelease | undefined
  readonly tags: TagChoice
  /** The policy file, which may be there. */
  readonly output: string
}
