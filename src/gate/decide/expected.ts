import { compareIdentity, isAllowed, type Identity, type Policy } from '../../verify/index.ts'
import type { Pin } from '../facts.ts'
import { identityMatchesPin, isRenamed, signerOf } from '../pins/signer.ts'
import { shownText, withoutScheme } from '../sentence-text.ts'
import type { Draft, DraftGround, GoodSeal, RuledSetting } from './question.ts'
import { ruleText } from './question.ts'

function missing({ has }: GoodSeal, { requires = [] }: Policy): readonly (keyof GoodSeal['has'])[] {
  return requires.filter((one) => !has[one])
}

/** The pins that count: a rule that learns nothing knows its signers itself, and a private name has none from history. */
export function pinsThatCount({ facts, rule }: RuledSetting): readonly Pin[] {
  if (!rule.learns) return []
  return facts.isPrivate ? facts.pins.filter(({ by }) => by !== 'history') : facts.pins
}

/** Why anybody may sign: history shows nobody yet, or the rule leaves it open. */
function openness({ facts, rule }: RuledSetting, pins: readonly Pin[]): 'learning' | 'anybody' | undefined {
  if (rule.policy.anyOf.length > 0) return undefined
  if (rule.learns) return facts.isPrivate || pins.length > 0 ? undefined : 'learning'
  return rule.unsigned === 'allow' ? 'anybody' : undefined
}

/** Takes the first seal that is enough; false where none is. */
export function takeSeal(draft: Draft, seals: readonly GoodSeal[], setting: RuledSetting): boolean {
  const { policy } = setting.rule
  const complete = seals.filter((seal) => missing(seal, policy).length === 0)
  const listed = complete.find(({ identity }) => isAllowed(identity, policy))
  if (listed !== undefined) return take(draft, listed, { isExpected: true })
  const pins = pinsThatCount(setting)
  for (const seal of complete) {
    const pin = pins.find((one) => identityMatchesPin(seal.identity, one))
    if (pin === undefined) continue
    noteRename(draft, seal.identity, pin)
    return take(draft, seal, { isExpected: true })
  }
  const [first] = complete
  const open = openness(setting, pins)
  if (first === undefined || open === undefined) return false
  if (open === 'learning') draft.notes.push('learning: too few sealed releases show who signs this package')
  return take(draft, first, { isExpected: false })
}

function take(draft: Draft, seal: GoodSeal, { isExpected }: { readonly isExpected: boolean }): true {
  draft.seal = seal
  draft.isExpected = isExpected
  return true
}

function noteRename(draft: Draft, identity: Identity, pin: Pin): void {
  const signer = signerOf(identity)
  if (isRenamed(signer, pin))
    draft.notes.push(`renamed: ${shownText(pin.shown)} is now ${shownText(signer.repository)}`)
}

const WORDS = {
  bundle: 'inclusion proof',
  timestamp: 'timestamp',
  attestation: 'attestation that names the file',
} as const

/** A seal of somebody who is expected, without something that the rule requires. */
export function lackingGround(seals: readonly GoodSeal[], setting: RuledSetting): DraftGround | undefined {
  const { policy } = setting.rule
  const pins = pinsThatCount(setting)
  const own = seals.find(
    ({ identity }) =>
      isAllowed(identity, policy) ||
      pins.some((pin) => identityMatchesPin(identity, pin)) ||
      openness(setting, pins) !== undefined,
  )
  if (own === undefined) return undefined
  const lacks = missing(own, policy).map((one) => `no ${WORDS[one]}`)
  const fact = `has a seal with ${lacks.join(' and ')}, which ${shownText(ruleText(setting))} requires`
  return { code: 'verify.policy', fact, spreads: 'all' }
}

/** Somebody signed who is none of those whom the policy lists. */
export function strangerGround({ identity }: GoodSeal, setting: RuledSetting): DraftGround {
  const { policy } = setting.rule
  const signer = shownText(signerOf(identity).repository)
  if (policy.anyOf.length === 0) {
    const fact = `was signed by ${signer}, and ${shownText(ruleText(setting))} lists no signer`
    return { code: 'verify.identity', fact, spreads: 'all' }
  }
  const findings = compareIdentity(identity, policy)
  const name = (['identity', 'issuer', 'claims'] as const).find((one) => findings[one].outcome === 'failed')
  const { reason, expected = '', found = '' } = findings[name ?? 'identity']
  const fact =
    name === 'identity'
      ? `was signed by ${comparedSans(found, expected).join(', expected ')}`
      : `was signed by ${signer}: ${shownText(reason)}: ${shownText(found)}, expected ${shownText(expected)}`
  return { code: `verify.${name ?? 'identity'}`, fact, spreads: 'all' }
}

/** The projects, where those differ; else the whole names. */
function comparedSans(found: string, expected: string): readonly [string, string] {
  const all = expected.split(' or ')
  const [own, theirs] = [projectIn(found), [...new Set(all.map(projectIn))]]
  if (theirs.includes(own))
    return [shownText(withoutScheme(found)), shownText(all.map(withoutScheme).join(' or '))]
  return [shownText(own), shownText(theirs.join(' or '))]
}

function projectIn(san: string): string {
  const [project = ''] = withoutScheme(san).split(/\/\/|\/\.github\/workflows\//, 1)
  return project === '' ? san : project
}

/** Who should have signed, in a few words; undefined where nobody is known. */
export function expectedSigner(setting: RuledSetting): string | undefined {
  const [pin] = pinsThatCount(setting)
  if (pin !== undefined) return shownText(withoutScheme(pin.shown))
  const [rule] = setting.rule.policy.anyOf
  return rule === undefined ? undefined : `the signer of ${shownText(ruleText(setting))}`
}
