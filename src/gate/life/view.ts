import { basename } from 'node:path'
import { decideName } from '../decide/decide.ts'
import { applyMode, type Applied } from '../decide/mode.ts'
import type { NameDecision, NameQuestion } from '../decide/question.ts'
import type { GatePage } from '../gate.ts'
import type { JudgedFile, NameFacts } from '../facts.ts'
import type { KeptName } from '../store.ts'
import { isWithin } from './age.ts'
import { loadFacts } from './facts.ts'
import { SEARCH_AGAIN_MS, type Judging } from './judging.ts'
import { once } from './once.ts'
import type { GateParts } from './parts.ts'
import { pathOf } from './places.ts'
import { FRESH_MS, type Refresher } from './refresh.ts'
import { createKeptViews } from './kept-views.ts'
import type { Routed } from './route.ts'

/** All that is known and decided of a name, until something of it changes. */
export interface NameView {
  readonly name: string
  readonly routed: Routed
  readonly facts: NameFacts
  readonly decision: NameDecision
  /** By the path below the upstream. */
  readonly files: ReadonlyMap<string, ViewedFile>
  readonly isUnknown: boolean
  /** Of the policy, of the trust root, of the store: with other ones it is another view. */
  readonly made: Made
  /** As it is served; made when somebody asks. */
  readonly memo: { page: GatePage | Promise<GatePage> | undefined }
  /** Files that were marked as served since. */
  readonly served: Set<string>
}

export interface ViewedFile extends Applied {
  readonly judged: JudgedFile
}

interface Made {
  readonly policySha256: string
  readonly rootsSha256: string
  readonly revision: number
  readonly freshAtMs: number
  readonly untilMs: number
  /** Refused for its age: an answer of the upstream changes that, whatever the answer is. */
  readonly isStale: boolean
}

export interface Views {
  /** What `view` resolves with, where nobody has to be asked for it. */
  young(routed: Routed, name: string): NameView | undefined
  /** Not older than the upstream's answer may be. Throws what the upstream fails with where nothing is kept. */
  view(routed: Routed, name: string): Promise<NameView>
  /** As it is kept now; nobody is asked. */
  renewed(before: NameView): Promise<NameView>
  /** By the key of the upstream. */
  forget(upstreamKey: string, name: string): void
}

export function createViews(parts: GateParts, refresher: Refresher, judging: Judging): Views {
  const kept = createKeptViews<NameView>()
  const single = once<NameView>()
  const keyOf = ({ upstream }: Routed, name: string): string => `${upstream.key} ${name}`
  const make = (routed: Routed, name: string, of: KeptName): Promise<NameView> =>
    kept.keeping(keyOf(routed, name), () => makeView(parts, judging, { routed, name, kept: of }))
  const fresh = async (routed: Routed, name: string): Promise<NameView> => {
    const { kept: of } = await refresher.refreshed(routed.upstream, name)
    const before = kept.find(keyOf(routed, name))
    if (before === undefined || !isSame(parts, before, of)) return make(routed, name, of)
    return kept.keep(keyOf(routed, name), refreshedView(before, of))
  }
  const young = (routed: Routed, name: string): NameView | undefined => {
    const before = kept.find(keyOf(routed, name))
    return before !== undefined && isYoung(parts, before) ? before : undefined
  }
  return {
    young,
    view: async (routed, name) =>
      young(routed, name) ?? single(keyOf(routed, name), () => fresh(routed, name)),
    renewed: async ({ routed, name }) => {
      const { kept: of } = await refresher.refreshed(routed.upstream, name)
      return make(routed, name, of)
    },
    forget: (upstreamKey, name) => kept.forget(`${upstreamKey} ${name}`),
  }
}

function isYoung(parts: GateParts, { made, routed }: NameView): boolean {
  const nowMs = parts.clock.nowMs()
  return isWithin(nowMs - made.freshAtMs, FRESH_MS) && nowMs < made.untilMs && isOfNow(parts, made, routed)
}

function isOfNow(parts: GateParts, made: Made, { upstream }: Routed): boolean {
  return made.policySha256 === parts.policy().sha256 && made.rootsSha256 === upstream.trust().rootsSha256
}

/** The upstream was asked, and nothing changed: what was decided still is. */
function isSame(parts: GateParts, { made, routed }: NameView, kept: KeptName): boolean {
  const isThen = parts.clock.nowMs() < made.untilMs
  if (made.isStale && kept.freshAtMs !== made.freshAtMs) return false
  return isThen && kept.revision === made.revision && isOfNow(parts, made, routed)
}

function refreshedView(before: NameView, kept: KeptName): NameView {
  return { ...before, made: { ...before.made, freshAtMs: kept.freshAtMs } }
}

interface Making {
  readonly routed: Routed
  readonly name: string
  readonly kept: KeptName
}

async function makeView(parts: GateParts, judging: Judging, making: Making): Promise<NameView> {
  const { routed, name, kept } = making
  const { sha256: policySha256 } = parts.policy()
  const { rootsSha256 } = routed.upstream.trust()
  const facts = await loadFacts(parts, judging, making)
  const question = questionOf(parts, routed, facts)
  const decision = decideName(question)
  return {
    name,
    routed,
    facts,
    decision,
    files: viewedFiles(facts, decision, parts.mode),
    isUnknown: kept.isUnknown,
    made: {
      policySha256,
      rootsSha256,
      revision: kept.revision,
      freshAtMs: kept.freshAtMs,
      isStale: question.nowMs - kept.freshAtMs >= parts.staleForMs,
      untilMs: Math.min(decision.untilMs ?? Infinity, question.nowMs + SEARCH_AGAIN_MS),
    },
    memo: { page: undefined },
    served: new Set(),
  }
}

/** All that is decided from, now. */
export function questionOf(
  { policy: policyOf, clock, staleForMs, clockFact }: GateParts,
  { upstream }: Routed,
  facts: NameFacts,
): NameQuestion {
  const { file: policy, path } = policyOf()
  return {
    facts,
    rule: policy.gateRuleFor(facts.name),
    policyName: basename(path),
    exemptions: policy.exemptions,
    state: { staleForMs, trustUntilMs: upstream.trust().untilMs, clockFact: clockFact() },
    nowMs: clock.nowMs(),
  }
}

function viewedFiles(
  facts: NameFacts,
  { releases }: NameDecision,
  mode: GateParts['mode'],
): ReadonlyMap<string, ViewedFile> {
  const files = new Map<string, ViewedFile>()
  for (const release of facts.releases)
    for (const one of release.files) {
      const decision = releases.get(release.versionKey)?.get(one.file.fileName)
      if (decision === undefined) throw new Error('a file of the facts has no decision')
      files.set(pathOf(one.file), { judged: one, ...applyMode(decision, mode) })
    }
  return files
}
