import type { Context } from 'hono'
import { isName, normalizeName } from '../formats/python/index.ts'
import {
  gateErrors,
  type Gate,
  type GateReader,
  type LinkedReport,
  type ReleaseReport,
} from '../gate/index.ts'
import type { ClientFailure } from './failures.ts'
import { prefersHtml } from './prefers-html.ts'
import type { Bindings } from './route.ts'

/** Where a page stands. */
export interface GatePlace {
  readonly gate: string
  /** From the page to the root of the server, with a slash at its end. */
  readonly up: string
  readonly status: number
}

/** What is said to programs, for people. `web/`, which stands above, makes the pages. */
export interface GatePages {
  why(report: ReleaseReport | LinkedReport, place: GatePlace): Response
  problem(failure: ClientFailure, place: GatePlace): Response
}

interface Why {
  readonly gate: Gate
  readonly pages: GatePages
  readonly reader: GateReader | undefined
}

/** Throws `gate.unknown`, `gate.upstream`. */
export async function sendWhyRelease(context: Context<Bindings>, why: Why): Promise<Response> {
  const { name = '', version = '' } = context.req.param() as Readonly<Record<string, string>>
  if (!isName(name)) throw gateErrors('gate.unknown', 'that is not the name of a package')
  return sendReport(context, why, await why.gate.why(normalizeName(name), version, why.reader))
}

/** Throws `gate.unknown`. */
export async function sendWhyRefusal(context: Context<Bindings>, why: Why): Promise<Response> {
  const { id = '' } = context.req.param() as Readonly<Record<string, string>>
  return sendReport(context, why, await why.gate.refusal(id, why.reader))
}

function sendReport(
  context: Context<Bindings>,
  { gate, pages }: Why,
  report: ReleaseReport | LinkedReport,
): Response {
  if (isForPeople(context)) return pages.why(report, placeOf(context, gate, 200))
  // What is decided now may be otherwise in a minute.
  return context.json(report, 200, { 'Cache-Control': 'no-store', Vary: 'Accept' })
}

export function isForPeople(context: Context<Bindings>): boolean {
  return prefersHtml(context.req.header('accept'))
}

/** `up` is of the path as it was sent: a browser resolves links against that. */
export function placeOf(context: Context<Bindings>, { name }: Pick<Gate, 'name'>, status: number): GatePlace {
  const { pathname } = new URL(context.req.url)
  return { gate: name, up: '../'.repeat(pathname.split('/').length - 2), status }
}
