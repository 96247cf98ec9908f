import { printable, type WheelsealError } from '../../base/index.ts'
import { verdictHint, verdictSentence } from '../verdict/explain.ts'
import type { DistributionVerdict } from './verify-distribution.ts'

/** What is said of one distribution, alike wherever it is said. */
export interface Explained {
  readonly verified: boolean
  /** The code of the refusal; empty when verified. */
  readonly reason: string
  /** One sentence, lower case, without a stop. */
  readonly message: string
  readonly hint?: string
}

/** The decision in words; a refusal of one of several seals says of which. `name` is the caller's. */
export function explainDistribution(name: string, found: DistributionVerdict): Explained {
  const { decides, decidesIn, others } = found
  const { verdict, noEntry } = decides
  if (verdict.verified) return { verified: true, reason: '', message: verdictSentence(verdict, name) }
  const isOneOfSeveral = others.some(({ verdicts }) => verdicts.length > 0)
  const which = isOneOfSeveral ? `${name} with ${decidesIn.file.paths[0]}` : name
  if (noEntry !== undefined) return explainRefusal(which, noEntry)
  const message = verdictSentence(verdict, which)
  return { verified: false, reason: verdict.reason, message, hint: verdictHint(verdict) ?? '' }
}

/** Why there is no verdict. */
export function explainRefusal(name: string, { code, message, hint }: WheelsealError): Explained {
  const shown = printable(name)
  const fact = message.startsWith(`${shown}: `) ? message.slice(shown.length + 2) : message
  return { verified: false, reason: code, message: `${shown} is refused: ${fact} [${code}]`, hint }
}
