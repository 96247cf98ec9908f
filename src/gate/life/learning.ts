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
  const sample = historySample(view.facts).map(({ file }) => file)
  await Promise.all(sample.filter(isDigested).map((file) => judging.judge(routed.upstream, name, file)))
  const kept = await store.findName({ upstream: routed.upstream.key, name })
  if (kept === undefined) return
  const facts = await loadFacts(parts, judging, { routed, name, kept })
  const { forgottenAtMs } = pinsFrom(await store.listPinEvents(gate, name))
  const atMs = clock.nowMs()
  const forgotten = forgottenAtMs === undefined ? {} : { forgottenAtMs }
  for (const pin of learnPins(facts, { nowMs: atMs, settleMs, ...forgotten })) {
    const why = `signed ${pin.fromFiles.join(', ')}`
    await store.addPinEvent({ gate, name, atMs, by: pin.by, why, kind: 'learned', pin })
    log.event('gate.pin-learned', { gate, name, repository: pin.shown, issuer: pin.issuer })
    views.forget(routed.upstream.key, name)
  }
}
