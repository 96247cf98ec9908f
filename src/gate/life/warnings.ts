import { dayText } from '../decide/times.ts'
import { shownText } from '../sentence-text.ts'
import { nearNames } from '../near-names.ts'
import type { GateContext } from './context.ts'
import { allPins } from './pinning.ts'
import { splitViewSentences } from './split-views.ts'

const GONE_SINCE_MS = 30 * 86_400_000
const MAX_GONE_FILES = 500
const MAX_SAID = 10

/** What an operator should look at: sentences for the status. */
export async function warningsOf(context: GateContext): Promise<readonly string[]> {
  const { store } = context.parts
  return [
    ...(await splitViewSentences(store)),
    ...(await goneSentences(context)),
    ...differingSentences(context),
    ...(await typoSentences(context)),
  ]
}

/** Release by release, those that were taken back last. */
async function goneSentences({
  parts: { store, clock, upstreams },
}: GateContext): Promise<readonly string[]> {
  const sinceMs = clock.nowMs() - GONE_SINCE_MS
  const own = new Set(upstreams.map(({ key }) => key))
  const releases = new Map<string, number>()
  for (const { upstream, name, version, goneAtMs } of await store.listGone({
    sinceMs,
    limit: MAX_GONE_FILES,
  })) {
    const release = `${shownText(name)} ${shownText(version)}`
    if (own.has(upstream) && !releases.has(release)) releases.set(release, goneAtMs)
  }
  return shortList(
    [...releases].map(([release, atMs]) => `${release} is gone upstream since ${dayText(atMs)}`),
    'releases are gone upstream',
  )
}

/** Since this process began. */
function differingSentences({ proved }: GateContext): readonly string[] {
  const said = proved
    .differing()
    .map((fileName) => `${shownText(fileName)} has another Requires-Python than its page upstream says`)
  return shortList(said, 'files have another Requires-Python than their pages say')
}

const ASKED_SINCE_MS = 7 * 86_400_000
const MAX_ASKED = 1000

/** Of the names that were asked for last; those that a rule lists or that have pins are what they are compared with. */
async function typoSentences({ parts }: GateContext): Promise<readonly string[]> {
  const { store, clock, upstreams } = parts
  const pinned = (await allPins(parts)).map(({ name }) => name)
  const known = [...new Set([...parts.policy().file.contents.names, ...pinned])]
  const since = { sinceMs: clock.nowMs() - ASKED_SINCE_MS, limit: MAX_ASKED }
  const asked: string[] = []
  for (const { key } of upstreams)
    for (const { name } of await store.listAskedNames(key, since)) asked.push(name)
  const said = nearNames([...new Set(asked)], known).map(
    ({ name, near }) => `${shownText(name)} was asked for, and is one edit away from ${shownText(near)}`,
  )
  return shortList(said, 'names that were asked for are one edit away from a known one')
}

/** A status is read by people. */
function shortList(said: readonly string[], what: string): readonly string[] {
  const left = said.length - MAX_SAID
  return left <= 0 ? said : [...said.slice(0, MAX_SAID), `${left} more ${what}`]
}
