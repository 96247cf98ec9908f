import type { RE2JS } from 're2js'
import type { ExtensionName, Identity } from '../../identity/index.ts'

/** How a text of the certificate is compared. Only `matching` and `searching` make a pattern, so that none comes about by accident. */
export type TextRule =
  | { readonly kind: 'exact'; readonly value: string }
  | { readonly kind: 'glob'; readonly value: string }
  | { readonly kind: 'pattern'; readonly source: string; readonly pattern: Pattern }
  | { readonly kind: 'any'; readonly of: readonly TextRule[] }

interface Pattern {
  /** In time that grows with the length of the text alone. */
  matches(text: string): boolean
}

/** What an extension of the certificate must be. `refProtected` is read from the token's `sub`, where it stands. */
export interface ExtensionRule {
  readonly extension: ExtensionName | 'refProtected'
  readonly rule: TextRule
}

/** All of it must hold: a SAN means nothing without the OIDC issuer that vouches for it. */
export interface IdentityRule {
  readonly san: TextRule
  /** The type of the SAN; where it is left out, any. */
  readonly sanKind?: Identity['sanKind']
  readonly issuer: TextRule
  readonly extensions?: readonly ExtensionRule[]
}

export const REQUIREMENTS = ['bundle', 'timestamp', 'attestation'] as const
export type Requirement = (typeof REQUIREMENTS)[number]

/** What a seal has, of what a policy may require. Never what it says of itself. */
export type SealHas = Readonly<Record<Requirement, boolean>>

/** What is asked of the seal of one distribution. */
export interface Policy {
  /** One of them must hold. None at all refuses everything. */
  readonly anyOf: readonly IdentityRule[]
  /** All of them must hold. */
  readonly requires?: readonly Requirement[]
  /** Where it stands, for people: `rule 2 of policy.toml (prefix acme-)`. */
  readonly rule?: string
  /** Why nothing can be accepted, whoever signed: no rule lists the name. */
  readonly refusal?: string
}

/** Byte for byte: no prefix, no case folding, no trailing slash. */
export function exactly(value: string): TextRule {
  return { kind: 'exact', value }
}

/** `*` stands for one or more characters without a slash; all others for themselves. Over the whole text. */
export function globbing(value: string): TextRule {
  return value.includes('*') ? { kind: 'glob', value } : exactly(value)
}

/** One of several must hold. */
export function oneOf(of: readonly TextRule[]): TextRule {
  const [only] = of
  return of.length === 1 && only !== undefined ? only : { kind: 'any', of }
}

const MAX_PATTERN_LENGTH = 1024

/**
 * A pattern in the syntax of RE2 over the whole text. cosign's `-regexp` flags search anywhere in it, so that
 * `gitlab.com/acme` also lets `gitlab.com/acme-evil` in; who wants that writes `.*` at the ends, and sees it. The
 * engine is linear in the text, as cosign's is: the text is an enemy's. Throws SyntaxError.
 */
export async function matching(source: string): Promise<TextRule> {
  const compiled = await compile(source)
  return { kind: 'pattern', source, pattern: { matches: (text) => compiled.matches(text) } }
}

/** As cosign's own `-regexp` flags: the pattern need hold only somewhere in the text. For its face, and for nothing else. Throws SyntaxError. */
export async function searching(source: string): Promise<TextRule> {
  const compiled = await compile(source)
  return { kind: 'pattern', source, pattern: { matches: (text) => compiled.matcher(text).find() } }
}

async function compile(source: string): Promise<RE2JS> {
  if (source.length > MAX_PATTERN_LENGTH)
    throw new SyntaxError(`a pattern has at most ${MAX_PATTERN_LENGTH} characters`)
  // Loaded here, not with the room: few verifications have a pattern.
  const { RE2JS, RE2JSException } = await import('re2js')
  try {
    return RE2JS.compile(source)
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error
    throw new SyntaxError(error.message, { cause: error })
  }
}

export function holds(rule: TextRule, text: string): boolean {
  if (rule.kind === 'any') return rule.of.some((one) => holds(one, text))
  if (rule.kind === 'pattern') return rule.pattern.matches(text)
  return rule.kind === 'glob' ? globHolds(rule.value, text) : rule.value === text
}

export function describeRule(rule: TextRule): string {
  if (rule.kind === 'any') return rule.of.map((one) => describeRule(one)).join(' or ')
  return rule.kind === 'pattern' ? `/${rule.source}/` : rule.value
}

/**
 * Part by part between slashes, which no `*` crosses; within a part the literals are looked for from the left, the last
 * one at the end. No step is ever taken back.
 */
function globHolds(glob: string, text: string): boolean {
  const [wanted, found] = [glob.split('/'), text.split('/')]
  return wanted.length === found.length && wanted.every((part, index) => partHolds(part, found[index] ?? ''))
}

function partHolds(glob: string, text: string): boolean {
  const [first = '', ...others] = glob.split('*')
  const last = others.pop()
  if (last === undefined) return text === glob
  if (!text.startsWith(first)) return false
  let at = first.length
  for (const literal of others) {
    const start = text.indexOf(literal, at + 1)
    if (start === -1) return false
    at = start + literal.length
  }
  return text.endsWith(last) && text.length - last.length > at
}
