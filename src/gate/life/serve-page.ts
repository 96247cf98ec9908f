import { WheelsealError } from '../../base/index.ts'
import type { Ground } from '../decision.ts'
import { gateErrors } from '../errors.ts'
import type { GatePage } from '../gate.ts'
import type { GateContext } from './context.ts'
import { judgeNewest } from './judge-newest.ts'
import { pageOf, signpostPage } from './page.ts'
import type { GateParts } from './parts.ts'
import { routeOf, type Routed } from './route.ts'
import type { NameView } from './view.ts'

/** Life of a page: route, fresh page of the upstream, seals of what will be asked for, decisions, listing. */
export async function servePage(context: GateContext, name: string): Promise<GatePage> {
  const routed = routedName(context.parts, name)
  const view = await viewOrGround(context, routed, name)
  if ('code' in view) return signpostPage(name)
  if (view.files.size === 0) return emptyPage(view)
  view.page ??= judgedPage(context, view)
  return view.page
}

async function judgedPage(context: GateContext, view: NameView): Promise<GatePage> {
  const { parts, judging, views, learning } = context
  const isNew = await judgeNewest(parts, judging, view)
  learning.begin(view)
  if (!isNew) return pageOf(context, view)
  const renewed = await views.renewed(view)
  renewed.page ??= pageOf(context, renewed)
  return renewed.page
}

/** A private name that its upstream does not have is looked up nowhere else, and said so. */
function emptyPage({ name, routed: { upstream, isPrivate } }: NameView): GatePage {
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

/** That something went wrong on the other side, without what, which is the operator's; anything else is thrown again. */
export function upstreamGround({ upstream }: Routed, error: unknown): Ground {
  const isUpstream =
    error instanceof WheelsealError && (error.code.startsWith('net.') || error.code === 'gate.upstream')
  if (!isUpstream) throw error
  const fact =
    error.code === 'gate.upstream' ? error.message : `${upstream.name} did not answer, and nothing is kept`
  return { code: 'gate.upstream', fact }
}
