import { isoTimeMs } from '../../base/index.ts'
import type { GateStatus, UpstreamStatus } from '../gate.ts'
import type { GateContext } from './context.ts'
import { exemptedText } from './exemption-use.ts'
import type { GateParts, GateUpstream } from './parts.ts'
import { allPins, pinReport } from './pinning.ts'
import { warningsOf } from './warnings.ts'

const MAX_REFUSED = 20
const NOTHING = { grounds: [], releases: [] }
const SOON_MS = 14 * 86_400_000
const DAY_MS = 86_400_000

export async function gateStatus(context: GateContext, sinceMs: number): Promise<GateStatus> {
  const { parts, counting, refresher } = context
  await counting.flush()
  const { file, sha256, path } = parts.policy()
  const pins = await allPins(parts)
  const refused = await parts.store.listRefusals(parts.name, { sinceMs, limit: MAX_REFUSED })
  return {
    gate: parts.name,
    mode: parts.mode,
    policy: { path, sha256, rules: file.contents.ruleCount, exemptions: file.exemptions.length },
    upstreams: parts.upstreams.map((one) => upstreamStatus(one, refresher)),
    counts: await parts.store.countsSince(parts.name, sinceMs),
    refused: refused.filter(({ count }) => count > 0),
    wouldRefuse:
      parts.mode === 'warn'
        ? await parts.store.letThrough(parts.name, { sinceMs, limit: MAX_REFUSED })
        : NOTHING,
    pins: pins.map(({ name, pin }) => pinReport(name, pin)),
    soon: [
      ...soon(parts),
      ...parts.upstreams.flatMap((one) => refresher.unread.sentences(one)),
      ...(await warningsOf(context)),
    ],
    unused: await context.exemptionUse.unused(),
    cache: parts.cache.usage(),
  }
}

function upstreamStatus(upstream: GateUpstream, refresher: GateContext['refresher']): UpstreamStatus {
  const { okAtMs, failedAtMs, fact } = refresher.stateOf(upstream) ?? {}
  const { untilMs } = upstream.trust()
  return {
    name: upstream.name,
    okAt: okAtMs === undefined ? null : isoTimeMs(okAtMs),
    failedAt: failedAtMs === undefined ? null : isoTimeMs(failedAtMs),
    fact: fact ?? null,
    trustUntil: untilMs === null ? null : isoTimeMs(untilMs),
  }
}

/** What ends before long, and what is wrong already. */
function soon({ policy, clock, upstreams, clockFact }: GateParts): readonly string[] {
  const nowMs = clock.nowMs()
  const days = (untilMs: number): number => Math.max(0, Math.ceil((untilMs - nowMs) / DAY_MS))
  const exemptions = policy().file.exemptions.flatMap((one) => {
    const { untilMs, where } = one
    if (untilMs - nowMs > SOON_MS) return []
    const what = exemptedText(one)
    return [
      untilMs <= nowMs
        ? `exemption of ${what} has ended (${where})`
        : `exemption of ${what} ends in ${days(untilMs)} days`,
    ]
  })
  const trust = upstreams.flatMap((upstream) => {
    const { untilMs } = upstream.trust()
    if (untilMs === null || untilMs - nowMs > 3 * DAY_MS) return []
    return [`trust of upstream ${upstream.name} ends in ${days(untilMs)} days, since it was not refreshed`]
  })
  const fact = clockFact()
  const { broken } = policy()
  const kept =
    broken === undefined ? [] : [`the policy file is broken, and the last good one counts: ${broken}`]
  return [...kept, ...exemptions, ...trust, ...(fact === null ? [] : [fact])]
}
