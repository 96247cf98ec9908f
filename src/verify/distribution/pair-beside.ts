import { bytesEqual } from '../../base/index.ts'
import type { SealParts } from '../../formats/sigstore/index.ts'
import { judgeSeal, type Judged, type Judging } from './judge-seal.ts'

/** What the bytes of a pair alone can be refused for. */
const WITHOUT_THE_LOG: ReadonlySet<string> = new Set(['certificate', 'signature'])

/**
 * `.sig` and `.crt` beside a seal that holds its own log entry, so that no log is asked: they are the same seal, or are
 * no signature of the file, or else what they are worth is not known.
 */
export function judgePairBeside(
  pair: SealParts,
  others: readonly SealParts[],
  judging: Judging,
): 'same' | 'not checked' | Judged {
  if (others.some((other) => isSame(pair, other))) return 'same'
  const judged = judgeSeal(pair, judging)
  const isBad = judged.verdict.checks.some(
    ({ name, outcome }) => WITHOUT_THE_LOG.has(name) && (outcome === 'failed' || outcome === 'undecided'),
  )
  return isBad ? judged : 'not checked'
}

function isSame(pair: SealParts, { signature, certificate, envelope }: SealParts): boolean {
  if (envelope !== undefined || !bytesEqual(pair.signature, signature)) return false
  if (pair.certificate === undefined || certificate === undefined) return pair.certificate === certificate
  return bytesEqual(pair.certificate, certificate)
}
