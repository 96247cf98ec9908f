import { WheelsealError } from '../../base/index.ts'
import { METADATA_FACTS } from '../decide/own-grounds.ts'
import type { Ground } from '../decision.ts'
import { gateErrors } from '../errors.ts'
import { needsFile, type SealState } from '../facts.ts'
import type { AskedFile, FileAnswer, GateReader, Refused } from '../gate.ts'
import { isServedAsBefore, lostFact } from '../decide/gone.ts'
import { answerAllowed } from './answer-file.ts'
import type { GateContext } from './context.ts'
import { isWorthJudging, judgeAsked } from './judge-newest.ts'
import { isDigested } from './digested.ts'
import { privateGround, SIGNPOST_PLACE, signpostOf } from './page.ts'
import type { GateParts } from './parts.ts'
import { packageIn } from './places.ts'
import { refusedWith, type RefusedFile, type Refusing } from './refusing.ts'
import type { Routed } from './route.ts'
import { readableView, routedName, upstreamGround } from './serve-page.ts'
import type { NameView, ViewedFile } from './view.ts'

/** A page that is younger is not asked for again because of a file that it does not list. */
const YOUNG_MS = 5_000

/** Life of a file: entry of the page, seals, decision, and only then bytes. Throws `gate.unknown`, `storage.full`. */
export async function serveFile(
  context: GateContext,
  asked: AskedFile,
  reader?: GateReader,
): Promise<FileAnswer> {
  const { parts } = context
  const name = packageIn(asked.path)
  if (name === undefined) throw unknownFile()
  const routed = routedName(parts, name)
  const isSignpost = asked.upstream === SIGNPOST_PLACE
  if (!isSignpost && asked.upstream !== routed.upstream.name) throw unknownFile()
  const view = await readableView(context, { routed, name, reader })
  if (view === undefined) return unreadable(context, asked, { routed, name })
  if ('code' in view) return told(context, asked, refusedWith(parts, { name, ground: view }))
  if (isSignpost) return told(context, asked, refusedWith(parts, signpostRefusal(parts, view)))
  const found = await judgedFile(context, view, asked).catch((error: unknown) =>
    upstreamGround(routed, error),
  )
  if ('code' in found) return told(context, asked, refusedWith(parts, { name, ground: found }))
  return answerFound(context, found, asked)
}

/** As of a name that its upstream does not have. */
function unreadable(
  context: GateContext,
  asked: AskedFile,
  { routed, name }: { readonly routed: Routed; readonly name: string },
): Promise<Refused> {
  if (asked.upstream !== SIGNPOST_PLACE || !routed.isPrivate) throw unknownFile()
  const ground = privateGround(routed.upstream)
  return told(context, asked, refusedWith(context.parts, { name, ground }))
}

async function answerFound(context: GateContext, found: Found, asked: AskedFile): Promise<FileAnswer> {
  const { parts } = context
  const { judged, decision } = found.viewed
  const refusalFor = (ground: Ground): RefusedFile => {
    const report = JSON.stringify(decision.grounds)
    return refusedWith(parts, { name: found.view.name, ground, judged, report })
  }
  const refuse = (ground: Ground): Promise<Refused> => told(context, asked, refusalFor(ground))
  if (decision.ground !== undefined) return refuse(decision.ground)
  const wouldRefuse = wouldRefuseFor(parts, found)
  // A rule that asks for seals which nobody could judge refuses: what is open is never served.
  if (decision.outcome === 'not judged' && wouldRefuse === undefined) return refuse(openGround(found))
  const orRefused = (error: unknown): Promise<Refused> => refuse(bytesGround(found, error))
  try {
    const answer = await answerAllowed(parts, context.fetching, {
      ...found,
      asked,
      wouldRefuse: wouldRefuse?.code ?? null,
    })
    context.exemptionUse.seen(found.view, decision)
    await countServed(context, asked, wouldRefuse && refusalFor(wouldRefuse))
    if (answer.kind !== 'arriving') return answer
    return { ...answer, begin: () => answer.begin().catch(orRefused) }
  } catch (error) {
    return orRefused(error)
  }
}

/** The mode `warn` lets through what could not be judged, too. */
function wouldRefuseFor({ mode }: GateParts, found: Found): Ground | undefined {
  const { decision, wouldRefuse } = found.viewed
  return decision.outcome === 'not judged' && mode === 'warn' ? openGround(found) : wouldRefuse
}

function openGround({ view: { routed }, viewed, seals }: Found): Ground {
  const { file } = viewed.judged
  if (isServedAsBefore(file, viewed.decision))
    return { code: 'gate.gone', fact: lostFact(routed.upstream.name, file) }
  if (seals !== undefined && needsFile(seals))
    return {
      code: 'gate.upstream',
      fact: 'has a seal of the whole file, still being fetched; try again in a minute',
    }
  const why =
    seals?.kind === 'unreachable' ? 'did not tell of its seals' : 'has seals that cannot be judged now'
  return { code: 'gate.upstream', fact: `${routed.upstream.name} ${why}; try again in a minute` }
}

function unknownFile(): WheelsealError {
  return gateErrors('gate.unknown', 'the gate has no file at this path')
}

function signpostRefusal(parts: GateParts, view: NameView): Refusing {
  const signpost = signpostOf(parts, view)
  // Something may be served by now.
  if (signpost === undefined) throw unknownFile()
  return { name: view.name, ...signpost }
}

interface Found {
  readonly view: NameView
  readonly viewed: ViewedFile
  /** Where they were looked for just now. */
  readonly seals?: SealState
}

/** With its seals judged. Throws `gate.unknown`. */
async function judgedFile(context: GateContext, seen: NameView, { path }: AskedFile): Promise<Found> {
  const { parts, views, judging } = context
  const found = await listedFile(context, seen, path)
  const { file } = found.viewed.judged
  if (!isDigested(file) || !(await isWorthJudging(parts, judging, found))) return found
  const seals = await judgeAsked(judging, found.view, file)
  const view = await views.renewed(found.view)
  const viewed = view.files.get(path)
  if (viewed === undefined) throw unknownFile()
  return { view, viewed, seals }
}

/** A file that was uploaded a moment ago may be missing from the page that is kept. */
async function listedFile(context: GateContext, seen: NameView, path: string): Promise<Found> {
  const { refresher, views } = context
  const viewed = seen.files.get(path)
  if (viewed !== undefined) return { view: seen, viewed }
  await refresher.refreshed(seen.routed.upstream, seen.name, YOUNG_MS)
  const view = await views.renewed(seen)
  const found = view.files.get(path)
  if (found === undefined) throw unknownFile()
  return { view, viewed: found }
}

async function countServed(
  { counting }: GateContext,
  { kind, isHead }: AskedFile,
  wouldBe: RefusedFile | undefined,
): Promise<void> {
  if (kind !== 'file' || isHead === true) return
  counting.add('served')
  if (wouldBe !== undefined) await counting.letThrough(wouldBe.refusal)
}

/** What the bytes or the upstream did, as a ground. */
function bytesGround({ view: { routed }, viewed }: Found, error: unknown): Ground {
  const { code = '' } = error instanceof WheelsealError ? error : {}
  const name = routed.upstream.name
  if (code === 'gate.digest') return { code, fact: `${name} sent other bytes than its page says` }
  if (code === 'gate.gone') return { code, fact: (error as WheelsealError).message }
  if (code === 'gate.metadata') return { code, fact: METADATA_FACTS[viewed.judged.file.kind] }
  return upstreamGround(routed, error)
}

/** Durable before the client hears of it. */
async function told(
  { counting, links }: GateContext,
  { isHead }: AskedFile,
  { refusal, ...refused }: RefusedFile,
): Promise<Refused> {
  if (isHead === true) links.shown(refusal)
  else await counting.refused(refusal, refused.code === 'gate.held' ? 'held' : 'refused')
  return refused
}
