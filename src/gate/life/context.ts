import { createCounting, type Counting } from './counts.ts'
import { createFetching, type Fetching } from './fetching.ts'
import { createJudging, type Judging } from './judging.ts'
import type { GateParts } from './parts.ts'
import { createLearning, type Learning } from './learning.ts'
import { createRefresher, type Refresher } from './refresh.ts'
import { createViews, type Views } from './view.ts'

/** What the parts of one gate share. */
export interface GateContext {
  readonly parts: GateParts
  readonly refresher: Refresher
  readonly judging: Judging
  readonly views: Views
  readonly fetching: Fetching
  readonly counting: Counting
  readonly learning: Learning
}

export function openContext(parts: GateParts): GateContext {
  const refresher = createRefresher(parts)
  // What is new of a name makes its view an old one.
  const judging = createJudging(parts, ({ key }, name) => views.forget(key, name))
  const views = createViews(parts, refresher, judging)
  const fetching = createFetching(parts, ({ upstream, name }) => views.forget(upstream.key, name))
  const learning = createLearning(parts, judging, views)
  return { parts, refresher, judging, views, fetching, learning, counting: createCounting(parts) }
}
