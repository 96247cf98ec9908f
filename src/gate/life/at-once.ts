import type { AskedFile, GatePage, SmallAnswer } from '../gate.ts'
import type { GateContext } from './context.ts'
import { isDigested, type DigestedFile } from './digested.ts'
import { packageIn } from './places.ts'
import { routeOf } from './route.ts'
import type { NameView, ViewedFile } from './view.ts'

/** What `servePage` would answer after no wait. */
export function pageNow({ parts, views }: GateContext, name: string): GatePage | undefined {
  const routed = routeOf(parts.upstreams, name)
  const page = routed && views.young(routed, name)?.memo.page
  return page instanceof Promise ? undefined : page
}

/** What `serveFile` would answer after no wait, for a file whose bytes are in memory. */
export function fileNow(context: GateContext, asked: AskedFile): SmallAnswer | undefined {
  const settled = settledFile(context, asked)
  if (settled === undefined || !context.fetching.named.has(settled.file)) return undefined
  const { file, view, viewed } = settled
  const { fileName, sha256, sizeBytes } = file
  const bytes = context.parts.cache.inMemory(sha256, sizeBytes ?? undefined)
  if (bytes === undefined) return undefined
  context.exemptionUse.seen(view, viewed.decision)
  context.counting.add('served')
  return { kind: 'small', fileName, sha256, bytes, wouldRefuse: null }
}

interface SettledFile {
  readonly file: DigestedFile
  readonly view: NameView
  readonly viewed: ViewedFile
}

/** Of a view that is good this moment: judged, with nothing against it in any mode, and marked as served. */
function settledFile(context: GateContext, asked: AskedFile): SettledFile | undefined {
  const view = asked.kind === 'file' ? viewOf(context, asked) : undefined
  const viewed = view?.files.get(asked.path)
  if (view === undefined || viewed === undefined || !isAllowed(viewed)) return undefined
  const { file } = viewed.judged
  const isMarked = file.servedAtMs !== null || view.served.has(file.fileName)
  return isMarked && isDigested(file) ? { file, view, viewed } : undefined
}

function viewOf({ parts, views }: GateContext, { upstream, path }: AskedFile): NameView | undefined {
  const name = packageIn(path)
  const routed = name === undefined ? undefined : routeOf(parts.upstreams, name)
  const isThere = name !== undefined && routed?.upstream.name === upstream
  return isThere ? views.young(routed, name) : undefined
}

function isAllowed({ decision, wouldRefuse }: ViewedFile): boolean {
  return decision.ground === undefined && decision.outcome !== 'not judged' && wouldRefuse === undefined
}
