import { normalizeName, parseVersion } from '../../formats/python/index.ts'
import { lineOf } from '../../formats/toml/index.ts'
import { verifyErrors } from '../errors.ts'
import type { Exemption } from './gate-rule.ts'
import type { ExemptTable } from './gate-schema.ts'

const YEAR_MS = 366 * 86_400_000

export interface ExemptionPlace {
  readonly toml: string
  readonly path: string
}

/** Throws `verify.policy-file`. */
export function compileExemptions(
  tables: readonly ExemptTable[],
  place: ExemptionPlace,
): readonly Exemption[] {
  // The parser reads 30 February as 2 March; what it has read stands nowhere then.
  const wrong = tables.findIndex(({ until }) => !place.toml.includes(until.toISOString().slice(0, 10)))
  if (wrong !== -1) throw refused(wrong, 'is not a day of the calendar', place)
  return tables.map((one, index) => compileExemption(one, `exempt[${index + 1}] of ${place.path}`))
}

function compileExemption(table: ExemptTable, where: string): Exemption {
  const { name, sha256, codes, reason, until, by } = table
  const version = table.version === undefined ? undefined : parseVersion(table.version)
  return {
    ...(name === undefined ? {} : { name: normalizeName(name) }),
    ...(version === undefined ? {} : { versionKey: version.key, version: version.normal }),
    ...(sha256 === undefined ? {} : { sha256 }),
    codes: new Set(codes),
    reason,
    untilMs: until.getTime(),
    by,
    where,
  }
}

/** An exemption ends within a year. Throws `verify.policy-file`. */
export function checkEnds(exemptions: readonly Exemption[], nowMs: number, place: ExemptionPlace): void {
  const wrong = exemptions.findIndex(({ untilMs }) => untilMs > nowMs + YEAR_MS)
  if (wrong !== -1) throw refused(wrong, 'is more than a year away', place)
}

function refused(index: number, what: string, { toml, path }: ExemptionPlace): Error {
  const line = lineOf(toml, ['exempt', index, 'until'])
  return verifyErrors('verify.policy-file', `${path}:${line}: exempt[${index + 1}].until ${what}`)
}
