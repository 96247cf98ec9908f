import { isoTimeMs, WheelsealError } from '../../base/index.ts'
import { isName, parseVersion } from '../../formats/python/index.ts'
import { gateErrors } from '../errors.ts'
import type { GateReader } from '../gate.ts'
import type { ReleaseFacts } from '../facts.ts'
import { releaseReport } from '../release-report.ts'
import type { LinkedReport, RefusalReport, ReleaseReport } from '../report.ts'
import type { CountedRefusal } from '../store.ts'
import type { GateContext } from './context.ts'
import { isNameHidden } from './hidden.ts'
import { judgeRelease } from './judge-newest.ts'
import { privateGround } from './page.ts'
import type { GateParts } from './parts.ts'
import { pathOf } from './places.ts'
import { differenceOf } from './proved-wheels.ts'
import { refusedWith } from './refusing.ts'
import { readableView, routedName } from './serve-page.ts'
import { splitViewNotes } from './split-views.ts'
import { questionOf, type NameView } from './view.ts'
import { nameReport } from './why-name.ts'

/** A page that is younger is not asked for again because of a version that it does not list. */
const YOUNG_MS = 5_000

export interface AskedRelease {
  readonly name: string
  readonly version: string
  readonly reader: GateReader | undefined
}

/** As it is decided now, with the seals of all its files judged. Throws `gate.unknown`, `gate.upstream`. */
export async function whyRelease(
  context: GateContext,
  { name, version, reader }: AskedRelease,
): Promise<ReleaseReport> {
  const versionKey = keyOf(version)
  const routed = routedName(context.parts, name)
  const view = await readableView(context, { routed, name, reader })
  if (view === undefined) throw gateErrors('gate.unknown', `${routed.upstream.name} has no package ${name}`)
  if ('code' in view) throw gateErrors('gate.upstream', `${name} ${view.fact}`)
  const found = await listedRelease(context, view, versionKey)
  const isNew = await judgeRelease(context, found.view, found.release)
  const judged = isNew ? await context.views.renewed(found.view) : found.view
  const notes = await notesOn(context, judged, releaseIn(judged, versionKey) ?? found.release)
  const report = (one: NameView): ReleaseReport | undefined => reportOf(context, one, { versionKey, notes })
  const made = report(judged) ?? report(found.view)
  return made === undefined ? unlisted(context, view) : withUnread(context, view, made)
}

/** Throws `gate.unknown`. */
function keyOf(version: string): string {
  try {
    return parseVersion(version).key
  } catch (error) {
    if (!(error instanceof WheelsealError)) throw error
    throw gateErrors('gate.unknown', 'that is not a version of a package')
  }
}

interface Found {
  readonly view: NameView
  readonly release: ReleaseFacts
}

/** A release of a moment ago may be missing from the page that is kept. Throws `gate.unknown`. */
async function listedRelease(context: GateContext, seen: NameView, versionKey: string): Promise<Found> {
  const { refresher, views } = context
  const known = releaseIn(seen, versionKey)
  if (known !== undefined) return { view: seen, release: known }
  await refresher.refreshed(seen.routed.upstream, seen.name, YOUNG_MS)
  const view = await views.renewed(seen)
  const release = releaseIn(view, versionKey)
  return release === undefined ? unlisted(context, view) : { view, release }
}

function releaseIn({ facts }: NameView, versionKey: string): ReleaseFacts | undefined {
  return facts.releases.find((one) => one.versionKey === versionKey)
}

function unlisted({ refresher }: GateContext, { name, routed: { upstream }, facts }: NameView): never {
  const what = facts.releases.length === 0 ? `package ${name}` : `such version of ${name}`
  const unread = refresher.unread.sentenceFor(upstream, name)
  const more = unread === undefined ? '' : `; ${unread}`
  throw gateErrors('gate.unknown', `${upstream.name} has no ${what}${more}`)
}

/** What is missing from a release may be what could not be read. */
function withUnread(
  { refresher }: GateContext,
  { name, routed: { upstream } }: NameView,
  report: ReleaseReport,
): ReleaseReport {
  const unread = refresher.unread.sentenceFor(upstream, name)
  return unread === undefined ? report : { ...report, next: [...report.next, unread] }
}

/** By file name. */
type Notes = ReadonlyMap<string, readonly string[]>

/** Where the page of the upstream says otherwise than a wheel that was proved, and what a log signed twice. */
async function notesOn(
  { proved, parts: { store } }: GateContext,
  { routed: { upstream } }: NameView,
  release: ReleaseFacts | undefined,
): Promise<Notes> {
  const notes = new Map<string, readonly string[]>()
  for (const judged of release?.files ?? []) {
    const { file } = judged
    const wheel = await proved.of(file)
    const difference = wheel && differenceOf(wheel, file, upstream.name)
    const own = difference === undefined ? [] : [difference]
    notes.set(file.fileName, [...own, ...(await splitViewNotes(store, judged))])
  }
  return notes
}

interface Reporting {
  readonly versionKey: string
  readonly notes: Notes
}

function reportOf(
  { parts }: GateContext,
  view: NameView,
  { versionKey, notes }: Reporting,
): ReleaseReport | undefined {
  const { name, routed, facts, files } = view
  return releaseReport({
    gate: parts.name,
    mode: parts.mode,
    policySha256: parts.policy().sha256,
    question: { ...questionOf(parts, routed, facts), versionKey },
    urlOf: (file) => {
      const isRefused = files.get(pathOf(file))?.decision.ground !== undefined
      const place = isRefused && file.servedAtMs !== null ? 'recalled' : 'files'
      return `${parts.url}/${place}/${routed.upstream.name}/${pathOf(file)}`
    },
    sentenceOf: (judged, ground) => refusedWith(parts, { name, ground, judged }).sentence,
    notesOf: ({ fileName }) => notes.get(fileName) ?? [],
  })
}

/** What a client was told, and what is decided of it now. Throws `gate.unknown`. */
export async function whyRefusal(
  context: GateContext,
  id: string,
  reader?: GateReader,
): Promise<LinkedReport> {
  const { parts, counting, links } = context
  await counting.flush()
  const refusal = await links.open(id)
  const isFor = refusal !== undefined && (await mayKnow(parts, refusal, reader))
  if (refusal === undefined || !isFor)
    throw gateErrors('gate.unknown', `gate ${parts.name} has no refusal ${id}`, {
      hint: 'ask by name and version: wheelseal why NAME==VERSION',
    })
  return { ...(await reportNow(context, refusal, reader)), refusal: refusalReport(refusal) }
}

/** That a private name is not there is told to everybody, also of one that is hidden. */
async function mayKnow(
  parts: GateParts,
  { name, code }: CountedRefusal,
  reader: GateReader | undefined,
): Promise<boolean> {
  return code === 'gate.private' || !(await isNameHidden(parts, name, reader))
}

/** Of a release that is gone, or whose upstream is, what is left to say. */
async function reportNow(
  context: GateContext,
  { name, version }: CountedRefusal,
  reader: GateReader | undefined,
): Promise<ReleaseReport> {
  const { parts } = context
  if (isName(name) && (await isNameHidden(parts, name, reader))) {
    const { upstream } = routedName(parts, name)
    return nameReport(context, name, { version, ground: privateGround(upstream), isHidden: true })
  }
  if (version === '' || !isName(name)) return nameReport(context, name)
  try {
    return await whyRelease(context, { name, version, reader })
  } catch (error) {
    const code = error instanceof WheelsealError ? error.code : undefined
    if (code !== 'gate.unknown' && code !== 'gate.upstream') throw error
    const { message } = error as WheelsealError
    return nameReport(context, name, { version, ground: { code, fact: message } })
  }
}

function refusalReport(refusal: CountedRefusal): RefusalReport {
  const { id, fileName, code, sentence, firstAtMs, lastAtMs, count } = refusal
  return { id, fileName, code, sentence, first: isoTimeMs(firstAtMs), last: isoTimeMs(lastAtMs), count }
}
