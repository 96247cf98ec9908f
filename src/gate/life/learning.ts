import type { NameFacts } from '../facts.ts'
import { pinsFrom } from '../pins/events.ts'
import { historySample, learnPins } from '../pins/learn.ts'
import { loadFacts } from './facts.ts'
import { isDigested } from './digested.ts'
import type { Judging } from './judging.ts'
import { once } from './once.ts'
import type { GateParts } from './parts.ts'
import type { NameView, Views } from './view.ts'

/** Who signs a name is learned while its page is served, never before an answer. */
export interface Learning {
  /** Begins where the rule of the name learns; what it finds out shows in later views. */
  begin(view: NameView): void
}

export function createLearning(parts: GateParts, judging: Judging, views: Views): Learning {
  const single = once<void>()
  return {
    begin: (view) => {
      const rule = parts.policy().file.gateRuleFor(view.name)
      if (rule?.learns !== true || view.routed.isPrivate) return
      const { settleMs } = rule
      void single(`${view.routed.upstream.key} ${view.name}`, () =>
        learn(parts, { judging, views, view, settleMs }),
      ).catch((error: unknown) =>
        parts.log.failure('gate.learning', error, { gate: parts.name, name: view.name }),
      )
    },
  }
}

interface Lesson {
  readonly judging: Judging
  readonly views: Views
  readonly view: NameView
  readonly settleMs: number
}

async function learn(parts: GateParts, { judging, views, view, settleMs }: Lesson): Promise<void> {
  const { store, clock, log, name: gate } = parts
  const { name, routed } = view
  const facts = await judgedHistory(parts, judging, view)
  const atMs = clock.nowMs()
  // What was forgotten only leaves less to learn from.
  if (facts === undefined || learnPins(facts, { nowMs: atMs, settleMs }).length === 0) return
  const { forgottenAtMs } = pinsFrom(await store.listPinEvents(gate, name))
  const forgotten = forgottenAtMs === undefined ? {} : { forgottenAtMs }
  for (const pin of learnPins(facts, { nowMs: atMs, settleMs, ...forgotten })) {
    const why = `signed ${pin.fromFiles.join(', ')}`
    await store.addPinEvent({ gate, name, atMs, by: pin.by, why, kind: 'learned', pin })
    log.event('gate.pin-learned', { gate, name, repository: pin.shown, issuer: pin.issuer })
    views.forget(routed.upstream.key, name)
  }
}

/** What is known of the name once its history is judged; undefined where nothing is kept of it any more. */
async function judgedHistory(
  parts: GateParts,
  judging: Judging,
  { facts, name, routed }: NameView,
): Promise<NameFacts | undefined> {
  const sample = historySample(facts).map(({ file }) => file)
  const open = sample.filter(isDigested)
  if (open.length === 0) return facts
  await Promise.all(open.map((file) => judging.judge(routed.upstream, name, file)))
  const kept = await parts.store.findName({ upstream: routed.upstream.key, name })
  return kept && loadFacts(parts, judging, { routed, name, kept })
}
