/** The keys of a policy that only a gate reads: of rules, and of exemptions. */
import * as v from 'valibot'
import { isName, parseVersion } from '../../formats/python/index.ts'
import { TomlDate } from '../../formats/toml/index.ts'
import { DURATION, durationMs, isShortEnough, MAX_DURATION_DAYS } from './duration.ts'
import { codeProblem, NEEDS_DIGEST } from './exempt-codes.ts'
import { listOf, oneOfWords, onlyTrue, pattern, text } from './schema-parts.ts'

export const UNSIGNED = ['refuse', 'never-sealed', 'allow'] as const
export const PARTIAL = ['refuse', 'sealed-only', 'allow'] as const
export const GONE = ['refuse', 'serve'] as const
export const GATE_DEFAULTS = { unsigned: 'refuse', settle: '30d', late: '14d', gone: 'refuse' } as const

const MAX_CODES = 40

const duration = v.pipe(
  pattern(DURATION, 'must be a number of days or hours such as "7d" or "12h"'),
  v.check(isShortEnough, `must be at most "${MAX_DURATION_DAYS}d"`),
)

export const gateKeys = {
  unsigned: v.optional(oneOfWords(UNSIGNED)),
  learn: v.optional(onlyTrue),
  cooldown: v.optional(duration),
  settle: v.optional(duration),
  late: v.optional(duration),
  partial: v.optional(oneOfWords(PARTIAL)),
  gone: v.optional(oneOfWords(GONE)),
}

type GateTable = v.InferOutput<v.StrictObjectSchema<typeof gateKeys, undefined>>
type Table = GateTable & { readonly any_of?: readonly unknown[] | undefined }

/** What is wrong between two keys of one rule, at the key that has to change. */
export function fitTogether<T extends Table>(): v.RawCheckAction<T> {
  return v.rawCheck<T>(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    const { value } = dataset
    for (const [key, message] of problemsOf(value)) {
      const place = { type: 'object', origin: 'value', input: { ...value }, key, value: value[key] } as const
      addIssue({ message, path: [place] })
    }
  })
}

function problemsOf(table: Table): readonly (readonly [keyof Table, string])[] {
  const { any_of: anyOf, learn, unsigned = GATE_DEFAULTS.unsigned, partial } = table
  const decidesWithout = learn === true || unsigned === 'allow'
  const problems = [...timeProblems(table)]
  if (anyOf === undefined && !decidesWithout)
    problems.push(['any_of', 'is missing: only learn = true and unsigned = "allow" do without it'])
  if (partial === 'allow' && unsigned === 'refuse')
    problems.push(['partial', 'must not be "allow" where unsigned is "refuse"'])
  return problems
}

/** Else all that the cooldown lets through is settled, and what settling ends never refuses. */
function timeProblems({ cooldown, settle }: Table): readonly (readonly [keyof Table, string])[] {
  if (cooldown === undefined) return []
  if (durationMs(cooldown) < durationMs(settle ?? GATE_DEFAULTS.settle)) return []
  if (settle !== undefined) return [['settle', 'must be longer than cooldown']]
  return [['cooldown', `must be shorter than settle, which is "${GATE_DEFAULTS.settle}" unless it is set`]]
}

const until = v.pipe(
  v.instance(TomlDate, 'must be a date without quotes, such as 2027-01-31'),
  // A time without offset is another one on each machine.
  v.check(
    (one) => one.isDate() || !one.isLocal(),
    'must be a date such as 2027-01-31, or a time with its offset such as 2027-01-31T12:00:00Z',
  ),
)

const version = v.pipe(
  text,
  v.check(isExactVersion, 'must be one version such as "1.26.4", without wildcard or operator'),
)

function isExactVersion(said: string): boolean {
  try {
    return parseVersion(said).key !== ''
  } catch {
    return false
  }
}

const code = v.pipe(
  text,
  v.check(
    (one) => codeProblem(one) === undefined,
    ({ input }) => codeProblem(input) ?? '',
  ),
)

export const Exempt = v.pipe(
  v.strictObject({
    name: v.optional(v.pipe(text, v.check(isName, 'is not a package name'))),
    version: v.optional(version),
    sha256: v.optional(
      pattern(/^[0-9a-f]{64}$/, 'must be a SHA-256 digest: 64 hexadecimal digits in lower case'),
    ),
    codes: listOf(code, 'codes of refusals', MAX_CODES),
    reason: text,
    until,
    by: text,
  }),
  v.check(
    (one) => (one.name === undefined) === (one.version === undefined),
    'must have name and version together',
  ),
  v.check(
    (one) => one.name !== undefined || one.sha256 !== undefined,
    'must have name and version, or sha256, or all three',
  ),
  v.check(
    (one) => one.sha256 !== undefined || !one.codes.some((said) => NEEDS_DIGEST.has(said)),
    `must have sha256: ${[...NEEDS_DIGEST].join(' and ')} are exempted for one file only`,
  ),
)

export type ExemptTable = Readonly<v.InferOutput<typeof Exempt>>
