import { Hono } from 'hono'
import { ANONYMOUS } from '../access/index.ts'
import type { Clock, Log } from '../base/index.ts'
import type { Gate, GateReader } from '../gate/index.ts'
import {
  anyone,
  challenging,
  isForPeople,
  registryFailures,
  routesOn,
  type Bindings,
  type ServedGate,
} from '../http/index.ts'
import { sendForOne, sendPage, sendStyle } from './answers.ts'
import { frontMain, type GateFront } from './gate-front.ts'
import { document } from './layout.ts'
import { pageFailures } from './login.ts'
import { markup } from './markup.ts'
import { STYLE } from './style.ts'

export interface GateWebParts {
  readonly gates: readonly ServedGate[]
  readonly clock: Clock
  readonly log: Log
}

const DAY_MS = 86_400_000
/** Counting costs more than showing: whoever asks within it sees the same. */
const REMEMBERED_MS = 5_000

/** The front page of each gate, for whoever may read it. */
export function gateWebRoutes({ gates, clock, log }: GateWebParts): Hono<Bindings> {
  const app = new Hono<Bindings>()
  const [forPeople, forPrograms] = [challenging(pageFailures(log)), registryFailures(log)]
  app.onError((error, context) => (isForPeople(context) ? forPeople : forPrograms)(error, context))
  const route = routesOn(app)
  for (const { gate, readers } of gates) {
    const front = remembered(clock, () => frontOf(gate, clock.nowMs()))
    const base = `/gate/${gate.name}`
    route.get(base, readers, (context) => context.redirect(`${gate.name}/`, 301))
    route.get(`${base}/`, readers, async (_context, reader) => {
      const frame = { up: '../../', visitor: ANONYMOUS, back: '', title: `Gate ${gate.name}` }
      return sendForOne(document(frame, frontMain(await readableFront(await front(), reader))), 200)
    })
  }
  return app
}

/** What a server of gates alone has beside: its front page, and the stylesheet. */
export function gateHomeRoutes({ gates, log }: Pick<GateWebParts, 'gates' | 'log'>): Hono<Bindings> {
  const app = new Hono<Bindings>()
  app.onError(pageFailures(log))
  const route = routesOn(app)
  route.get('/', anyone, (context) => {
    const links = gates.map(({ gate }) => markup`<li><a href="gate/${gate.name}/">${gate.name}</a></li>\n`)
    const main = markup`<h1>Gates of this server</h1>
<p>A gate stands between installers and the indexes that they install from. They get from it only what its policy allows.</p>
<ul class="names">
${links}</ul>`
    const frame = { up: '', visitor: ANONYMOUS, back: '', title: 'Gates' }
    return sendPage(context, document(frame, main), { visitor: ANONYMOUS })
  })
  route.get('/-/style.css', anyone, (context) => sendStyle(context, STYLE))
  return app
}

async function frontOf(gate: Gate, nowMs: number): Promise<GateFront> {
  const day = await gate.status(nowMs - DAY_MS)
  const week = await gate.counts(nowMs - 7 * DAY_MS)
  return { gate, day, week, isWhole: true }
}

/** Without names that are hidden from who asks; sentences may have some. */
async function readableFront(front: GateFront, reader: GateReader | undefined): Promise<GateFront> {
  const { gate, day } = front
  if (reader === undefined || !gate.hasOwn) return front
  const shown = async <T extends { readonly name: string }>(rows: readonly T[]): Promise<readonly T[]> => {
    const readable: T[] = []
    for (const row of rows.slice(0, MAX_ASKED)) if (!(await gate.hides(row.name, reader))) readable.push(row)
    return readable
  }
  const { refused, wouldRefuse, pins } = day
  const readable = {
    refused: await shown(refused),
    // Their numbers are of all packages.
    wouldRefuse: { grounds: [], releases: await shown(wouldRefuse.releases) },
    pins: await shown(pins),
  }
  return { ...front, day: { ...day, ...readable, soon: [], unused: [] }, isWhole: false }
}

/** As many as the page shows, of which some are hidden. */
const MAX_ASKED = 100

function remembered<T>(clock: Clock, make: () => Promise<T>): () => Promise<T> {
  let last: { readonly atMs: number; readonly made: Promise<T> } | undefined
  return () => {
    const atMs = clock.nowMs()
    if (last !== undefined && atMs >= last.atMs && atMs - last.atMs < REMEMBERED_MS) return last.made
    const made = make()
    last = { atMs, made }
    made.catch(() => {
      last = undefined
    })
    return made
  }
}
