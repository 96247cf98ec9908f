import type { WheelsealError } from '../../base/index.ts'
import type { LoggedEntry, SealParts } from '../../formats/sigstore/index.ts'
import type { Policy } from '../policy/policy.ts'
import type { Artifact } from '../seal.ts'
import type { TrustRoot } from '../trust-root/trust-root.ts'
import type { Verdict } from '../verdict/verdict.ts'
import { verifyBundle } from '../verify-bundle.ts'
import { verifySeal } from '../verify-seal.ts'

/** Who must have signed: somebody whom the policy lets, or the managed key (DER SubjectPublicKeyInfo). */
export type Expected = { readonly policy: Policy } | { readonly key: Uint8Array }

/** What a log says that was asked for the entry of a seal. */
export interface LogAnswer {
  readonly entries: readonly LoggedEntry[]
  /** The log that had the entry, or the last that was asked; left out where there was none to ask. */
  readonly askedLog?: string
  /** Why there is no entry, where it is more than that no log has it. What else is wrong is checked all the same. */
  readonly refusal?: WheelsealError
}

/** What all seals of a distribution are judged against. */
export interface Judging {
  /** Without a name; with all that `neededDigests` asked for. */
  readonly artifact: Artifact
  /** Left out where a digest is judged. */
  readonly fileName?: string
  readonly expected: Expected
  /** Never from what is verified. */
  readonly trustRoot: TrustRoot
}

export interface Judged {
  readonly verdict: Verdict
  /** It lacks what a policy requires, which another seal beside it may have, and nothing else. */
  readonly lacksOnly: boolean
  readonly askedLog?: string
  /** With the entry of that log. */
  readonly askedSeal?: SealParts
  /** Why there is no log entry, where that is what refuses; says it better than the check `logged`. */
  readonly noEntry?: WheelsealError
}

export function judgeSeal(seal: SealParts, judging: Judging): Judged {
  const { expected, trustRoot } = judging
  const request = { artifact: artifactFor(seal, judging), seal, trustRoot }
  const verdict = verifySeal({ ...request, ...expected })
  const isOfPolicy = !verdict.verified && verdict.reason === 'verify.policy' && 'policy' in expected
  if (!isOfPolicy) return { verdict, lacksOnly: false }
  const without = verifySeal({ ...request, policy: { ...expected.policy, requires: [] } })
  return { verdict, lacksOnly: without.verified }
}

/** PEP 740 binds the name too, and so does a policy; else statements name their subjects as they like, and the digest decides. */
function artifactFor({ format }: SealParts, { artifact, fileName, expected }: Judging): Artifact {
  const { requires = [] } = 'policy' in expected ? expected.policy : {}
  const isNamed = format === 'pep 740 attestation' || requires.includes('attestation')
  return isNamed && fileName !== undefined ? { ...artifact, fileName } : artifact
}

/** A text that was refused, read in no other way: or what was not understood would be verified after all. */
export function judgeUnreadable(bundle: string, { artifact, expected, trustRoot }: Judging): Judged {
  return { verdict: verifyBundle({ bundle, artifact, trustRoot, ...expected }), lacksOnly: false }
}

/** A seal without a log entry of its own, with what a log has answered in its place. */
export function judgeAsked(seal: SealParts, answer: LogAnswer, judging: Judging): Judged {
  const { entries, askedLog, refusal } = answer
  const askedSeal = { ...seal, entries }
  const judged = judgeSeal(askedSeal, judging)
  const { verdict } = judged
  const isReason = !verdict.verified && verdict.reason === 'verify.logged'
  return {
    ...judged,
    ...(askedLog === undefined ? {} : { askedLog, askedSeal }),
    ...(isReason && refusal !== undefined ? { noEntry: refusal } : {}),
  }
}
