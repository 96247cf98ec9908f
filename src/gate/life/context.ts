import { SKEW_MS } from '../decide/times.ts'
import { createCounting, type Counting } from './counts.ts'
import { createExemptionUse, type ExemptionUse } from './exemption-use.ts'
import { createFetching, type Fetching, type WantedFile } from './fetching.ts'
import { createJudging, type Judging } from './judging.ts'
import type { GateParts } from './parts.ts'
import { createLearning, type Learning } from './learning.ts'
import { createProvedWheels, type ProvedWheels } from './proved-wheels.ts'
import { createRefresher, type Refresher } from './refresh.ts'
import { createViews, type Views } from './view.ts'
import { createWholeFiles } from './whole-files.ts'
import { createLinks, type Links } from './why-links.ts'

/** What the parts of one gate share. */
export interface GateContext {
  readonly parts: GateParts
  readonly refresher: Refresher
  readonly judging: Judging
  readonly views: Views
  readonly fetching: Fetching
  readonly proved: ProvedWheels
  readonly counting: Counting
  readonly learning: Learning
  readonly links: Links
  readonly exemptionUse: ExemptionUse
}

export function openContext(asked: GateParts): GateContext {
  const parts = { ...asked, clockFact: () => clockFactOf(asked, judging) }
  const refresher = createRefresher(parts)
  // What is new of a name makes its view an old one.
  const proved = createProvedWheels(parts)
  const forget = ({ upstream, name }: WantedFile): void => views.forget(upstream.key, name)
  const fetching = createFetching(parts, proved, forget)
  const wholeFiles = createWholeFiles(parts, fetching)
  const judging: Judging = createJudging(asked, wholeFiles, ({ key }, name) => views.forget(key, name))
  const views: Views = createViews(parts, refresher, judging)
  const learning = createLearning(parts, judging, views)
  const [counting, links] = [createCounting(parts), createLinks(parts)]
  const exemptionUse = createExemptionUse(parts)
  return {
    parts,
    refresher,
    judging,
    views,
    fetching,
    proved,
    learning,
    counting,
    links,
    exemptionUse,
  }
}

/** What was signed and logged was so before now. */
function clockFactOf({ clock, clockFact }: GateParts, judging: Judging): string | null {
  const isBehind = judging.newestSignedMs() > clock.nowMs() + SKEW_MS
  return clockFact() ?? (isBehind ? 'this clock is before the newest signed time' : null)
}
