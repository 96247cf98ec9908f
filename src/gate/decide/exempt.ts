import type { Exemption } from '../../verify/index.ts'
import type { Ground } from '../decision.ts'
import type { KnownFile, NameFacts } from '../facts.ts'

/** Bytes are never negotiable. */
const NEVER: ReadonlySet<string> = new Set(['gate.digest', 'gate.metadata'])
/** Whoever lets these through has looked at one file, and names its digest. */
const BY_DIGEST: ReadonlySet<string> = new Set(['verify.signature', 'gate.private', 'gate.split-view'])

/** The exemptions that concern a file now. */
export function exemptionsFor(
  file: KnownFile,
  { facts, exemptions, nowMs }: { facts: NameFacts; exemptions: readonly Exemption[]; nowMs: number },
): readonly Exemption[] {
  return exemptions.filter((one) => nowMs < one.untilMs && concerns(one, file, facts.name))
}

/** All that it says must fit, and it must say which name or which bytes. */
function concerns({ name, versionKey, sha256 }: Exemption, file: KnownFile, fileOf: string): boolean {
  if (name === undefined && sha256 === undefined) return false
  return (
    (name === undefined || name === fileOf) &&
    (versionKey === undefined || versionKey === file.versionKey) &&
    (sha256 === undefined || sha256 === file.sha256)
  )
}

export function liftedBy({ code }: Ground, exemptions: readonly Exemption[]): Exemption | undefined {
  if (NEVER.has(code)) return undefined
  return exemptions.find(
    ({ codes, sha256 }) => codes.has(code) && (sha256 !== undefined || !BY_DIGEST.has(code)),
  )
}
