import type { Ground } from '../decision.ts'
import { ruleText } from '../decide/question.ts'
import { hintsOf } from '../next-steps.ts'
import { MAX_PINS, pinReport } from '../release-report.ts'
import type { ReleaseReport } from '../report.ts'
import { shownText } from '../sentence-text.ts'
import type { GateContext } from './context.ts'
import type { GateParts } from './parts.ts'
import { signpostOf } from './page.ts'
import { routeOf } from './route.ts'
import { viewOrGround } from './serve-page.ts'
import type { NameView } from './view.ts'

/** Of one text of others. */
const MAX_TEXT = 600

interface Left {
  /** Empty for a whole name. */
  readonly version: string
  readonly ground: Ground
  /** From who asks: nothing that is known of the name is told. */
  readonly isHidden?: boolean
}

/** Of a whole name, as it is decided now; or of a release of which nothing is left but why. */
export async function nameReport(context: GateContext, name: string, left?: Left): Promise<ReleaseReport> {
  const { parts } = context
  const routed = routeOf(parts.upstreams, name)
  const view =
    routed === undefined || left?.isHidden === true ? undefined : await viewOrGround(context, routed, name)
  const ground = left?.ground ?? groundNow(context, view, name)
  return {
    gate: parts.name,
    mode: parts.mode,
    name,
    version: shownText(left?.version ?? ''),
    upstream: shownText(routed?.upstream.name ?? ''),
    ...outcomeOf(ground),
    ...ruleOf(parts, name),
    ...known(view),
    files: [],
    servedInstead: null,
  }
}

type Seen = NameView | Ground | undefined

function outcomeOf(ground: Ground | undefined): Pick<ReleaseReport, 'outcome' | 'ground' | 'next'> {
  if (ground === undefined) return { outcome: 'allowed', next: [] }
  const { code, fact } = ground
  return { outcome: 'refused', ground: { code, fact: shownText(fact, MAX_TEXT) }, next: hintsOf(code) }
}

function ruleOf({ policy }: GateParts, name: string): Pick<ReleaseReport, 'rule' | 'policySha256'> {
  const { file, sha256, path } = policy()
  const rule = ruleText({ rule: file.gateRuleFor(name), policyName: path })
  return { rule: shownText(rule, MAX_TEXT), policySha256: sha256 }
}

function known(view: Seen): Pick<ReleaseReport, 'states' | 'pins'> {
  if (view === undefined || 'code' in view) return { states: [], pins: [] }
  const { status, pins } = view.facts
  return {
    states: status === 'quarantined' ? ['quarantined'] : [],
    pins: pins.slice(0, MAX_PINS).map(pinReport),
  }
}

function groundNow({ parts }: GateContext, view: Seen, name: string): Ground | undefined {
  if (view === undefined)
    return { code: 'gate.unknown', fact: `no upstream of gate ${parts.name} takes the name ${name}` }
  if ('code' in view) return view
  const { upstream, isPrivate } = view.routed
  if (view.files.size === 0 && !isPrivate)
    return { code: 'gate.unknown', fact: `${upstream.name} has no package ${name}` }
  return signpostOf(parts, view)?.ground
}
