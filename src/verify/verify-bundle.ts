import { describeError } from '../base/index.ts'
import { parseSeals, type SealParts } from '../formats/sigstore/index.ts'
import type { VerifyRequest } from './seal.ts'
import {
  CHECK_NAMES,
  failed,
  undecided,
  verdictOf,
  type CheckName,
  type Finding,
  type Verdict,
} from './verdict/verdict.ts'
import { verifySeal } from './verify-seal.ts'

export interface BundleRequest extends Omit<VerifyRequest, 'seal'> {
  /**
   * The text of the file: a bundle of version 0.1 to 0.3, the JSON of `cosign --bundle`, or an attestation of PEP 740.
   * Which it is, it tells itself.
   */
  readonly bundle: string
}

/** The verdict on a file with one seal. A file that cannot be read is refused by the check `bundle`. Never throws for it. */
export function verifyBundle({ bundle, ...request }: BundleRequest): Verdict {
  const read = readSeals(bundle)
  if ('problem' in read) return unreadable(read.problem)
  const [seal, ...others] = read.seals
  if (seal === undefined || others.length > 0)
    return unreadable(`${read.seals.length} attestations in one object, exactly one is expected`)
  return verifySeal({ ...request, seal })
}

/**
 * The verdicts on all attestations of a provenance object of PEP 740, or on the one attestation that the file is. Never
 * an empty list, so that "all of them hold" always says something.
 */
export function verifyProvenance({ bundle, ...request }: BundleRequest): readonly Verdict[] {
  const read = readSeals(bundle)
  if ('problem' in read) return [unreadable(read.problem)]
  return read.seals.map((seal) => verifySeal({ ...request, seal }))
}

type ReadSeals = { readonly seals: readonly SealParts[] } | { readonly problem: string }

function readSeals(text: string): ReadSeals {
  try {
    const seals = parseSeals(text)
    return seals.length === 0 ? { problem: 'no signature or attestation in the file' } : { seals }
  } catch (error) {
    return { problem: describeError(error) }
  }
}

function unreadable(problem: string): Verdict {
  const unread = undecided('the bundle cannot be read')
  const findings = Object.fromEntries(CHECK_NAMES.map((name) => [name, unread]))
  return verdictOf({ ...(findings as Record<CheckName, Finding>), bundle: failed(problem) }, {})
}
