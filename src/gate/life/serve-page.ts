import { WheelsealError } from '../../base/index.ts'
import type { Ground } from '../decision.ts'
import { gateErrors } from '../errors.ts'
import type { GatePage, GateReader } from '../gate.ts'
import type { GateContext } from './context.ts'
import { isHidden } from './hidden.ts'
import { judgeNewest } from './judge-newest.ts'
import { pageOf, signpostPage } from './page.ts'
import type { GateParts } from './parts.ts'
import { routeOf, type Routed } from './route.ts'
import { isOfUpstream } from './upstream-states.ts'
import type { NameView } from './view.ts'

/** Life of a page: route, fresh page of the upstream, seals of what will be asked for, decisions, listing. */
export async function servePage(context: GateContext, name: string, reader?: GateReader): Promise<GatePage> {
  const routed = routedName(context.parts, name)
  const view = await readableView(context, { routed, name, reader })
  if (view === undefined) return emptyPage(routed, name)
  if ('code' in view) return signpostPage(name)
  if (view.files.size === 0) return emptyPage(routed, name)
  return pageOnce(view, () => judgedPage(context, view))
}

/** One that fails is made anew for the next one who asks. */
function pageOnce({ memo }: NameView, make: () => Promise<GatePage>): GatePage | Promise<GatePage> {
  if (memo.page !== undefined) return memo.page
  const page = make()
  memo.page = page
  const set = (made: GatePage | undefined): void => {
    if (memo.page === page) memo.page = made
  }
  page.then(set, () => set(undefined))
  return page
}

async function judgedPage(context: GateContext, view: NameView): Promise<GatePage> {
  const { parts, judging, views, learning } = context
  const isNew = await judgeNewest(parts, judging, view)
  const renewed = isNew ? await views.renewed(view) : view
  // What was judged just now need not be judged again.
  learning.begin(renewed)
  if (!isNew) return pageOf(context, view)
  return pageOnce(renewed, () => pageOf(context, renewed))
}

/** A private name that its upstream does not have is looked up nowhere else, and said so. */
function emptyPage({ upstream, isPrivate }: Routed, name: string): GatePage {
  if (isPrivate) return signpostPage(name)
  throw gateErrors('gate.unknown', `${upstream.name} has no package ${name}`)
}

/** Throws `gate.unknown` where no upstream takes the name. */
export function routedName({ upstreams, name: gate }: GateParts, name: string): Routed {
  const routed = routeOf(upstreams, name)
  if (routed === undefined)
    throw gateErrors('gate.unknown', `no upstream of gate ${gate} takes the name ${name}`)
  return routed
}

export interface Reading {
  readonly routed: Routed
  readonly name: string
  readonly reader: GateReader | undefined
}

/** The same for who asks: undefined where the name is hidden from them. */
export async function readableView(
  context: GateContext,
  { routed, name, reader }: Reading,
): Promise<NameView | Ground | undefined> {
  if (reader === undefined) return viewOrGround(context, routed, name)
  try {
    if (await isHidden(routed, name, reader)) return undefined
  } catch (error) {
    const ground = upstreamGround(routed, error)
    // What is kept may not be for who asks; but that the upstream fails is noted where its state is.
    await viewOrGround(context, routed, name)
    return ground
  }
  return viewOrGround(context, routed, name)
}

/** What is known of a name; why nothing is where its upstream gave no answer and nothing is kept. */
export async function viewOrGround(
  { views }: GateContext,
  routed: Routed,
  name: string,
): Promise<NameView | Ground> {
  try {
    return await views.view(routed, name)
  } catch (error) {
    return upstreamGround(routed, error)
  }
}

/**
 * That something went wrong on the other side, without what, which is the operator's; where the gate itself has words for
 * it, those. Anything else is thrown again.
 */
export function upstreamGround({ upstream }: Routed, error: unknown): Ground {
  if (!(error instanceof WheelsealError)) throw error
  if (error.code === 'gate.upstream') return { code: error.code, fact: error.message }
  if (!isOfUpstream(error)) throw error
  return { code: 'gate.upstream', fact: `${upstream.name} did not answer, and nothing is kept` }
}
