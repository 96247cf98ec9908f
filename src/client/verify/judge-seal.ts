import type { WheelsealError } from '../../base/index.ts'
import type { SealParts } from '../../formats/sigstore/index.ts'
import { verifyBundle, verifySeal, type Artifact, type Verdict } from '../../verify/index.ts'
import { appVerifyErrors } from './errors.ts'
import type { Expected, Prepared } from './prepared.ts'

/** What all seals of a target are judged against. */
export interface Judging {
  /** Without a name. */
  readonly artifact: Artifact
  /** None where a digest is judged. */
  readonly fileName?: string
  readonly expected: Expected
  readonly prepared: Prepared
}

export interface Judged {
  readonly verdict: Verdict
  /** It lacks what a policy requires, which another seal beside it may have, and nothing else. */
  readonly lacksOnly: boolean
  readonly askedLog?: string
  /** With the entry of that log. */
  readonly askedSeal?: SealParts
  /** Why there is no entry; says it better than the check `logged`. */
  readonly noEntry?: WheelsealError
}

export function judgeSeal(seal: SealParts, judging: Judging): Judged {
  const { expected, prepared } = judging
  const request = { artifact: artifactFor(seal, judging), seal, trustRoot: prepared.start.trustRoot }
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
export function judgeUnreadable(bundle: string, { artifact, expected, prepared }: Judging): Judged {
  const { trustRoot } = prepared.start
  return { verdict: verifyBundle({ bundle, artifact, trustRoot, ...expected }), lacksOnly: false }
}

/** A pair, whose entry the log has. */
export async function judgeAsked(pair: SealParts, judging: Judging): Promise<Judged> {
  const { artifact, expected, prepared } = judging
  const { plan, io, start } = prepared
  if (plan.network === 'none') {
    const fact = 'the signature has no log entry, and with --offline the log is not asked'
    return { ...judgeSeal(pair, judging), noEntry: appVerifyErrors('client.verify-offline', fact) }
  }
  // Loaded here: a seal that holds its entry needs nobody.
  const { askLogs } = await import('./log-entries.ts')
  const key = 'key' in expected ? { key: expected.key } : {}
  const asked = await askLogs(pair, { sha256: artifact.sha256, logUrls: start.logUrls, io, ...key })
  return {
    ...judgeSeal(asked.seal, judging),
    ...(asked.askedLog === undefined ? {} : { askedLog: asked.askedLog, askedSeal: asked.seal }),
    ...(asked.refusal === undefined ? {} : { noEntry: asked.refusal }),
  }
}
