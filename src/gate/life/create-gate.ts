import type { Gate, GateReader } from '../gate.ts'
import { fileNow, pageNow } from './at-once.ts'
import { openContext, type GateContext } from './context.ts'
import { isNameHidden } from './hidden.ts'
import type { GateParts } from './parts.ts'
import { approvePin, exportedPins, forgetPins } from './pinning.ts'
import { serveFile } from './serve-file.ts'

import { routedName, servePage } from './serve-page.ts'
import { gateStatus } from './status.ts'
import { tryKnown } from './trial.ts'
import { whyRefusal, whyRelease } from './why.ts'

export function createGate(parts: GateParts): Gate {
  const context = openContext(parts)
  return {
    name: parts.name,
    url: parts.url,
    page: (name, reader) => servePage(context, name, reader),
    file: (asked, reader) => serveFile(context, asked, reader),
    pageNow: (name) => pageNow(context, name),
    fileNow: (asked) => fileNow(context, asked),
    names: (reader) => names(parts, reader),
    why: (name, version, reader) => whyRelease(context, { name, version, reader }),
    refusal: (id, reader) => whyRefusal(context, id, reader),
    hasOwn: parts.upstreams.some(({ client }) => client.owners !== undefined),
    hides: (name, reader) => isNameHidden(parts, name, reader),
    status: (sinceMs) => gateStatus(context, sinceMs),
    tryPolicy: (file) => tryKnown(context.parts, file),
    counts: (sinceMs) => parts.store.countsSince(parts.name, sinceMs),
    approve: (name, asked) => approvePin(context, name, asked),
    forget: (name, asked) => forgetPins(context, name, asked),
    exportPins: () => exportedPins(parts),
    refresh: (name) => refresh(context, name),
    close: async () => {
      await context.fetching.close()
      await context.counting.close()
    },
  }
}

/** Also what the bytes of a file were refused for: they are fetched and compared again when the file is asked for. */
async function refresh({ parts, refresher, views }: GateContext, name: string): Promise<void> {
  const { upstream } = routedName(parts, name)
  const { failure } = await refresher.refreshNow(upstream, name)
  if (failure === undefined)
    await parts.store.liftMismatches({ upstream: upstream.key, name }, parts.clock.nowMs())
  views.forget(upstream.key, name)
  if (failure !== undefined) throw failure
}

const NAMES_PER_STEP = 500

/** Those that are kept, upstream by upstream; a private name that is configured by itself too, whoever asks. */
async function* names(parts: GateParts, reader: GateReader | undefined): AsyncGenerator<string> {
  for (const upstream of parts.upstreams) {
    const own = (upstream.names ?? []).filter((pattern) => !pattern.endsWith('*'))
    yield* own
    for await (const name of keptNames(parts, upstream.key))
      if (!own.includes(name) && !(await isNameHidden(parts, name, reader))) yield name
  }
}

async function* keptNames({ store }: GateParts, upstreamKey: string): AsyncGenerator<string> {
  for (let after = ''; ;) {
    const page = await store.listNames(upstreamKey, { after, limit: NAMES_PER_STEP })
    yield* page
    const last = page.at(-1)
    if (last === undefined || page.length < NAMES_PER_STEP) return
    after = last
  }
}
