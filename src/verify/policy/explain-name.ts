import { isoTime } from '../../base/index.ts'
import { normalizeName } from '../../formats/python/index.ts'
import { EXTENSION_WORDS } from '../identity/check-extensions.ts'
import { durationText } from './duration.ts'
import type { Exemption, GateRule } from './gate-rule.ts'
import type { Listing, PolicyFile } from './policy-file.ts'
import { describeRule, type IdentityRule, type Requirement } from './policy.ts'

/** What a policy asks of one package, in the words of its keys. */
export interface ExplainedName {
  /** Normalised. */
  readonly name: string
  readonly policy: string
  readonly listing: Listing
  /** Undefined where no rule lists the name: then everything is refused. */
  readonly terms: ExplainedTerms | undefined
  /** Those of the name. */
  readonly exemptions: readonly ExplainedExemption[]
  /** How many others there are by digest alone, which may be those of any name. */
  readonly digestExemptions: number
}

export interface ExplainedTerms {
  /** `rule 1 of policy.toml (name demo)` */
  readonly rule: string
  /** One of them must match with all that it says; none at all where the policy lists no signer. */
  readonly signers: readonly ExplainedSigner[]
  readonly require: readonly Requirement[]
  readonly unsigned: GateRule['unsigned']
  readonly learn: boolean
  /** Undefined for none. */
  readonly cooldown: string | undefined
  readonly settle: string
  readonly late: string
  readonly partial: GateRule['partial']
  readonly gone: GateRule['gone']
}

export interface ExplainedSigner {
  readonly identity: string
  readonly issuer: string
  /** By the words of people: `project id`. */
  readonly claims: Readonly<Record<string, string>>
}

export interface ExplainedExemption extends Pick<
  Exemption,
  'version' | 'sha256' | 'reason' | 'by' | 'where'
> {
  readonly codes: readonly string[]
  /** ISO 8601, UTC. */
  readonly until: string
  readonly hasEnded: boolean
}

/** Throws `python.name`. */
export function explainName(packageName: string, file: PolicyFile, nowMs: number): ExplainedName {
  const name = normalizeName(packageName)
  const rule = file.gateRuleFor(name)
  const own = file.exemptions.filter((one) => one.name === name)
  return {
    name,
    policy: file.path,
    listing: file.listingOf(name),
    terms: rule === undefined ? undefined : explainTerms(rule),
    exemptions: own.map((one) => explainExemption(one, nowMs)),
    digestExemptions: file.exemptions.filter((one) => one.name === undefined).length,
  }
}

function explainTerms(rule: GateRule): ExplainedTerms {
  const { policy, unsigned, learns: learn, partial, gone } = rule
  return {
    rule: policy.rule ?? '',
    signers: policy.anyOf.map(explainSigner),
    require: policy.requires ?? [],
    unsigned,
    learn,
    cooldown: rule.cooldownMs === 0 ? undefined : durationText(rule.cooldownMs),
    settle: durationText(rule.settleMs),
    late: durationText(rule.lateMs),
    partial,
    gone,
  }
}

function explainSigner({ san, issuer, extensions = [] }: IdentityRule): ExplainedSigner {
  const claims = extensions.map(
    ({ extension, rule }) => [EXTENSION_WORDS[extension] ?? extension, describeRule(rule)] as const,
  )
  return { identity: describeRule(san), issuer: describeRule(issuer), claims: Object.fromEntries(claims) }
}

function explainExemption(exemption: Exemption, nowMs: number): ExplainedExemption {
  const { version, sha256, codes, reason, by, where, untilMs } = exemption
  return {
    ...(version === undefined ? {} : { version }),
    ...(sha256 === undefined ? {} : { sha256 }),
    codes: [...codes],
    reason,
    by,
    where,
    until: isoTime(untilMs / 1000),
    hasEnded: untilMs <= nowMs,
  }
}
