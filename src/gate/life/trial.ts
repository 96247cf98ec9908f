import { setImmediate as othersTurn } from 'node:timers/promises'
import { sha256Hex, utf8 } from '../../base/index.ts'
import { readPolicy } from '../../verify/index.ts'
import { decideName } from '../decide/decide.ts'
import { isServedAsBefore } from '../decide/gone.ts'
import { readHistory } from '../decide/history.ts'
import { applyMode } from '../decide/mode.ts'
import type { NameDecision, NameQuestion } from '../decide/question.ts'
import type { Decision } from '../decision.ts'
import { gateErrors } from '../errors.ts'
import type { NameFacts } from '../facts.ts'
import type { PolicyTrial, TriedFile, TriedPolicy } from '../trial.ts'
import { loadFacts } from './facts.ts'
import { createJudging, type Judging } from './judging.ts'
import type { GateParts, GatePolicy } from './parts.ts'
import { routeOf, type Routed } from './route.ts'
import { createChanges, type Changes } from './trial-changes.ts'
import { trialStore } from './trial-store.ts'
import { questionOf } from './view.ts'

const DAYS = 30
const DAY_MS = 86_400_000

export interface TrialLimits {
  readonly names: number
  readonly files: number
}

const LIMITS: TrialLimits = { names: 5_000, files: 500_000 }

/**
 * What would change with another policy, of what is kept: nobody is asked, and nothing is written. Throws
 * `verify.policy-file`, `gate.unknown`.
 */
export async function tryPolicy(
  { store, ...others }: GateParts,
  file: TriedFile,
  limits: TrialLimits = LIMITS,
): Promise<PolicyTrial> {
  const parts = { ...others, store: await trialStore(store) }
  const policy = await policyOf(parts, file)
  const changes = createChanges()
  // Nothing is fetched: what needs a file stays open.
  const judging = createJudging(parts, { judged: () => Promise.resolve(undefined) }, () => undefined)
  const { places, isAll } = await placesFor(parts, file, limits.names)
  const days = file.name === undefined ? DAYS : null
  const looked = { days, names: 0, files: 0, served: 0, isAll }
  for (const place of places) {
    if (looked.files >= limits.files) {
      looked.isAll = false
      break
    }
    const facts = await factsOf(parts, judging, place)
    if (facts === undefined) continue
    compare({ parts, policy, changes, looked }, facts, place.routed)
    looked.names += 1
    await othersTurn()
  }
  return {
    gate: parts.name,
    mode: parts.mode,
    policy: triedPolicy(policy),
    now: triedPolicy(parts.policy()),
    looked,
    ...changes.all(),
  }
}

async function policyOf({ clock }: GateParts, { toml, fileName }: TriedFile): Promise<GatePolicy> {
  const bytes = utf8(toml)
  const file = await readPolicy(bytes, fileName, { nowMs: clock.nowMs() })
  return { file, sha256: sha256Hex(bytes), path: fileName }
}

function triedPolicy({ path, sha256, file }: GatePolicy): TriedPolicy {
  return { path, sha256, rules: file.contents.ruleCount, exemptions: file.exemptions.length }
}

interface Place {
  readonly routed: Routed
  readonly name: string
}

/** The last that were asked for, of all upstreams; one that another upstream has by now is not its own. */
async function placesFor(
  { upstreams, store, clock }: GateParts,
  { name: asked }: TriedFile,
  limit: number,
): Promise<{ readonly places: readonly Place[]; readonly isAll: boolean }> {
  const own = (name: string): Place[] => {
    const routed = routeOf(upstreams, name)
    return routed === undefined ? [] : [{ routed, name }]
  }
  if (asked !== undefined) return { places: own(asked), isAll: true }
  const sinceMs = clock.nowMs() - DAYS * DAY_MS
  const found: { readonly name: string; readonly freshAtMs: number }[] = []
  let isAll = true
  for (const { key } of upstreams) {
    const names = await store.listAskedNames(key, { sinceMs, limit: limit + 1 })
    if (names.length > limit) isAll = false
    found.push(...names.filter(({ name }) => routeOf(upstreams, name)?.upstream.key === key))
  }
  const places = found.toSorted((a, b) => b.freshAtMs - a.freshAtMs).flatMap(({ name }) => own(name))
  return { places: places.slice(0, limit), isAll: isAll && places.length <= limit }
}

async function factsOf(
  parts: GateParts,
  judging: Judging,
  { routed, name }: Place,
): Promise<NameFacts | undefined> {
  const kept = await parts.store.findName({ upstream: routed.upstream.key, name })
  return kept === undefined ? undefined : loadFacts(parts, judging, { routed, name, kept })
}

interface Comparing {
  readonly parts: GateParts
  readonly policy: GatePolicy
  readonly changes: Changes
  readonly looked: { files: number; served: number }
}

function compare({ parts, policy, changes, looked }: Comparing, facts: NameFacts, routed: Routed): void {
  const history = readHistory(facts)
  const decided = (other: GatePolicy): NameDecision =>
    decideName({ ...timeless(questionOf({ ...parts, policy: () => other }, routed, facts)), history })
  const [now, next] = [decided(parts.policy()), decided(policy)]
  for (const { versionKey, version, files } of facts.releases)
    for (const { file } of files) {
      const of = (decision: NameDecision): Decision | undefined =>
        decision.releases.get(versionKey)?.get(file.fileName)
      const [before, after] = [of(now), of(next)]
      if (before === undefined || after === undefined) continue
      // What no policy serves is no loss.
      const isGone = file.goneAtMs !== null && ![before, after].some((one) => isServedAsBefore(file, one))
      if (isGone) continue
      const isServed = file.servedAtMs !== null
      looked.files += 1
      if (isServed) looked.served += 1
      const { decision } = applyMode(before, parts.mode)
      changes.add({ name: facts.name, version, isServed, now: decision, next: after })
    }
}

/** An upstream that is down and a clock that is wrong refuse whatever the policy says. */
function timeless(question: NameQuestion): NameQuestion {
  return { ...question, state: { staleForMs: Infinity, trustUntilMs: null, clockFact: null } }
}

/** Throws `gate.unknown`. */
export async function tryKnown(parts: GateParts, file: TriedFile): Promise<PolicyTrial> {
  const trial = await tryPolicy(parts, file)
  if (file.name === undefined || trial.looked.names > 0) return trial
  throw gateErrors('gate.unknown', `gate ${parts.name} knows nothing of ${file.name} yet`, {
    hint: 'let an installer ask the gate for it once, or check the spelling',
  })
}
