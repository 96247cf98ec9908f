import { WheelsealError } from '../../base/index.ts'
import { gateErrors } from '../errors.ts'
import type { KeptName, UpstreamName } from '../store.ts'
import { isWithin } from './age.ts'
import { once } from './once.ts'
import type { GateParts, GateUpstream } from './parts.ts'
import { within } from './patience.ts'
import { createUnreadPages, type UnreadPages } from './unread-links.ts'
import {
  createUpstreamStates,
  isOfUpstream,
  type UpstreamState,
  type UpstreamStates,
} from './upstream-states.ts'

/** What the store holds of a name after it was asked for, and why that is older than it should be. */
export interface Refreshed {
  readonly kept: KeptName
  /** The upstream gave no answer; what is kept is of `kept.freshAtMs`. */
  readonly failure: WheelsealError | undefined
}

export interface Refresher {
  /**
   * The page of a name, not older than a minute or `maxAgeMs` where its upstream answers. Throws what the upstream failed
   * with where nothing is kept.
   */
  refreshed(upstream: GateUpstream, name: string, maxAgeMs?: number): Promise<Refreshed>
  /** Asks the upstream, however young the page is. */
  refreshNow(upstream: GateUpstream, name: string): Promise<Refreshed>
  /** How the upstream answered last. */
  stateOf(upstream: GateUpstream): UpstreamState | undefined
  /** Pages that came, but not whole. */
  readonly unread: UnreadPages
}

/** As long as PyPI's own pages may be kept. */
export const FRESH_MS = 60_000

export function createRefresher(parts: GateParts): Refresher {
  const { store, clock } = parts
  const single = once<Refreshed>()
  const patient = once<Refreshed>()
  const states = createUpstreamStates(parts)
  const unread = createUnreadPages(parts)
  const ask = (upstream: GateUpstream, name: string, before: KeptName | undefined): Promise<Refreshed> =>
    single(`${upstream.key} ${name}`, async () => {
      try {
        const kept = await fetchPage(parts, { upstream, name, before, unread })
        states.answered(upstream, name)
        return { kept, failure: undefined }
      } catch (error) {
        return failedWith(parts, error, { upstream, name, before, states })
      }
    })
  return {
    unread,
    refreshNow: async (upstream, name) =>
      ask(upstream, name, await store.findName({ upstream: upstream.key, name })),
    stateOf: (upstream) => states.stateOf(upstream),
    refreshed: async (upstream, name, maxAgeMs = FRESH_MS) => {
      const kept = await store.findName({ upstream: upstream.key, name })
      if (kept !== undefined && isWithin(clock.nowMs() - kept.freshAtMs, maxAgeMs))
        return { kept, failure: undefined }
      const failure = states.failedJustNow(upstream, name)
      if (failure === undefined)
        return patient(`${upstream.key} ${name}`, () =>
          inTime(clock, ask(upstream, name, kept), {
            kept,
            onSilent: (silence) => states.failed(upstream, { name, failure: silence }),
          }),
        )
      if (kept === undefined) throw failure
      return { kept, failure }
    },
  }
}

interface Failed {
  readonly upstream: GateUpstream
  readonly name: string
  readonly before: KeptName | undefined
  readonly states: UpstreamStates
}

/** Throws where nothing is kept. */
function failedWith(
  { log, name: gate }: GateParts,
  error: unknown,
  { upstream, name, before, states }: Failed,
): Refreshed {
  if (!(error instanceof WheelsealError)) throw error
  // A store that cannot be written is no fault of the upstream.
  if (isOfUpstream(error)) states.failed(upstream, { name, failure: error })
  else log.failure('gate.page-not-kept', error, { gate, name })
  if (before === undefined) throw error
  return { kept: before, failure: error }
}

/** Installers give up after 15 seconds without a byte; what is kept need not wait for an upstream that is silent. */
const PATIENCE_MS = { kept: 3_000, nothing: 12_000 } as const

interface Waiting {
  readonly kept: KeptName | undefined
  readonly onSilent: (failure: WheelsealError) => void
}

/** The upstream is asked to the end all the same, for the next one. */
async function inTime(
  clock: GateParts['clock'],
  asked: Promise<Refreshed>,
  { kept, onSilent }: Waiting,
): Promise<Refreshed> {
  const patienceMs = kept === undefined ? PATIENCE_MS.nothing : PATIENCE_MS.kept
  const refreshed = await within(clock, patienceMs, asked)
  if (refreshed !== undefined) return refreshed
  const failure = gateErrors('gate.upstream', 'the upstream is silent; try again in a minute')
  onSilent(failure)
  if (kept === undefined) throw failure
  return { kept, failure }
}

interface Asking {
  readonly upstream: GateUpstream
  readonly name: string
  readonly before: KeptName | undefined
  readonly unread: UnreadPages
}

async function fetchPage(parts: GateParts, asking: Asking): Promise<KeptName> {
  const { store, clock } = parts
  const { upstream, name, before } = asking
  const place = { upstream: upstream.key, name }
  const answer = await upstream.client.page(name, { etag: before?.etag ?? null })
  const nowMs = clock.nowMs()
  asking.unread.came(upstream, name, answer)
  if (answer.kind === 'unknown') {
    sayForwarded(parts, asking, answer.forwardedTo)
    return keepUnknown(parts, place, before)
  }
  if (answer.kind === 'page') {
    sayBackwards(parts, asking, answer.page.serial)
    return store.keepPage(place, answer.page, nowMs)
  }
  await store.keepFresh(place, nowMs)
  const kept = await store.findName(place)
  if (kept === undefined) throw new Error('the page of a name vanished while it was asked for')
  return kept
}

/** Anybody may ask for names that nobody has: nothing is kept of them. */
async function keepUnknown(
  { store, clock }: GateParts,
  place: UpstreamName,
  before: KeptName | undefined,
): Promise<KeptName> {
  const freshAtMs = clock.nowMs()
  if (before !== undefined) return store.keepUnknown(place, freshAtMs)
  const nothing = { etag: null, serial: null, status: null, tellsOfSeals: false }
  return { ...nothing, freshAtMs, revision: 0, isUnknown: true }
}

/** A name that a client expects of another index, which is an upstream of its own or none. */
function sayForwarded({ log, name: gate }: GateParts, { upstream, name }: Asking, to?: string): void {
  if (to !== undefined) log.event('gate.not-forwarded', { gate, upstream: upstream.name, name, to })
}

/** PyPI's serials only grow: an older one is an older page (attack 23). What was seen stays known, as gone. */
function sayBackwards(
  { log, name: gate }: GateParts,
  { upstream, name, before }: Asking,
  serial: number | null,
): void {
  const kept = before?.serial ?? null
  if (serial === null || kept === null || serial >= kept) return
  log.event('gate.serial-back', { gate, upstream: upstream.name, name, serial, before: kept }, 'warn')
}
