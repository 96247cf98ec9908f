import { bytesEqual, describeError, formatTime } from '../../base/index.ts'
import { parseTimestampResponse, verifyTimestamp } from '../../formats/timestamp/index.ts'
import type { SealParts } from '../../formats/sigstore/index.ts'
import { isWithin, type TimestampAuthority, type TrustRoot } from '../trust-root/trust-root.ts'
import { failed, notApplicable, passed, type Finding } from '../verdict/verdict.ts'

export interface TimestampFindings {
  readonly finding: Finding
  /** Those that an authority of the trust root has vouched for. */
  readonly timesSeconds: readonly number[]
}

type Judged = { readonly seconds: number } | { readonly problem: string }
const MAX_TIMESTAMPS = 16

/**
 * RFC 3161 over the bytes of the signature. As in sigstore-js and sigstore-python, every timestamp that a seal brings
 * must be of an authority of the trust root: one that is passed over would look as if it had been checked.
 */
export function checkTimestamps(
  seal: SealParts,
  { timestampAuthorities = [] }: TrustRoot,
): TimestampFindings {
  const { timestamps = [], signature } = seal
  if (timestamps.length === 0)
    return { finding: notApplicable('the signature has no timestamp'), timesSeconds: [] }
  const problem = listProblem(timestamps)
  if (problem !== undefined) return { finding: failed(problem), timesSeconds: [] }
  const judged = timestamps.map((der) => judge(der, signature, timestampAuthorities))
  const timesSeconds = judged.flatMap((one) => ('seconds' in one ? [one.seconds] : []))
  const bad = judged.find((one) => 'problem' in one)
  if (bad !== undefined && 'problem' in bad) return { finding: failed(bad.problem), timesSeconds }
  const when = timesSeconds.map(formatTime).join(', ')
  return { finding: passed(`signed at ${when} by a timestamp authority in your trust root`), timesSeconds }
}

/** sigstore-go: a timestamp that stands twice counts as none. */
function listProblem(timestamps: readonly Uint8Array[]): string | undefined {
  if (timestamps.length > MAX_TIMESTAMPS)
    return `${timestamps.length} timestamps, at most ${MAX_TIMESTAMPS} are allowed`
  const isTwice = timestamps.some((one, at) =>
    timestamps.slice(at + 1).some((other) => bytesEqual(one, other)),
  )
  return isTwice ? 'a timestamp occurs twice' : undefined
}

function judge(der: Uint8Array, signature: Uint8Array, authorities: readonly TimestampAuthority[]): Judged {
  try {
    const response = parseTimestampResponse(der)
    const results = authorities.map(({ chain, validity }): Judged => {
      const result = verifyTimestamp({ response, stamped: { message: signature }, chain })
      if (!result.ok) return { problem: result.reason }
      if (isWithin(validity, result.timeSeconds)) return { seconds: result.timeSeconds }
      return { problem: 'your trust root does not have the timestamp authority at the time of the timestamp' }
    })
    const good = results.find((one) => 'seconds' in one)
    if (good !== undefined) return good
    const problems = results.flatMap((one) => ('problem' in one ? [one.problem] : []))
    const why = [...new Set(problems)].join('; ') || 'your trust root has no timestamp authority'
    return { problem: `the timestamp is not valid: ${why}` }
  } catch (error) {
    return { problem: `the timestamp cannot be read: ${describeError(error)}` }
  }
}
