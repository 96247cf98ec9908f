import type { Decision } from '../decision.ts'
import type { GateCode } from '../errors.ts'
import { isServedAsBefore } from '../decide/gone.ts'
import { needsFile, type JudgedFile, type KnownFile, type ReleaseFacts, type SealState } from '../facts.ts'
import { uploadTimeMs } from '../decide/times.ts'
import { releaseLine } from '../decide/history.ts'
import { isDigested, type DigestedFile } from './digested.ts'
import type { Judging } from './judging.ts'
import type { GateParts } from './parts.ts'
import { within } from './patience.ts'
import { pathOf } from './places.ts'
import type { NameView, ViewedFile } from './view.ts'

/** Of a page before it is answered; what is not judged by then is listed as it is, and judged when it is asked for. */
const PATIENCE_MS = 300
const AT_ONCE = 8
const MAX_FILES = 64
const LINES = 3

/** Looks for the seals of the releases that installers are about to choose. True where something new is known. */
export async function judgeNewest(parts: GateParts, judging: Judging, view: NameView): Promise<boolean> {
  if (parts.mode === 'off') return false
  const newest = newestReleases(view.facts.releases)
  const open = newest.flatMap((release) => openFiles(view, release))
  const again = newest.flatMap((release) =>
    digestedFiles(view, release).filter((file) => isRefusedBySeals(view, file)),
  )
  const files = [...open, ...(await judging.searchedLongAgo(view.routed.upstream, again))]
  if (files.length === 0) return false
  await within(parts.clock, PATIENCE_MS, judgeAll(judging, view, files.slice(0, MAX_FILES)))
  return true
}

/** One whose seals nobody has looked for, and one that is refused for those it had then: they may come later. */
export async function isWorthJudging(
  { mode }: GateParts,
  judging: Judging,
  { view, viewed }: { readonly view: NameView; readonly viewed: ViewedFile },
): Promise<boolean> {
  const { file } = viewed.judged
  if (mode === 'off' || !isDigested(file)) return false
  // Who hides a file hides its seals as well: what is known of them stays.
  if (isServedAsBefore(file, viewed.decision)) return false
  if (viewed.decision.outcome === 'not judged') return true
  if (!isRefusedBySeals(view, file)) return false
  return (await judging.searchedLongAgo(view.routed.upstream, [file])).length > 0
}

/** The file that somebody asks for, and those beside it while that is under way. What is known of its seals now. */
export async function judgeAsked(judging: Judging, view: NameView, file: DigestedFile): Promise<SealState> {
  const release = view.facts.releases.find(({ versionKey }) => versionKey === file.versionKey)
  const others = release === undefined ? [] : openFiles(view, release).filter((one) => one !== file)
  const own = judgeOwn(judging, view, file)
  const [state] = await Promise.all([own, judgeAll(judging, view, others.slice(0, AT_ONCE - 1))])
  return state
}

/** The others are judged by their digests: what needs their bytes waits until they are asked for. */
async function judgeOwn(judging: Judging, view: NameView, file: DigestedFile): Promise<SealState> {
  const { upstream } = view.routed
  const known = view.files.get(pathOf(file))?.judged.seals
  const isFound = known !== undefined && needsFile(known)
  const state = isFound ? known : await judging.judge(upstream, view.name, file)
  return needsFile(state) ? judging.judgeWhole(upstream, view.name, file) : state
}

/** Of a release that somebody asks about. */
const RELEASE_PATIENCE_MS = 10_000

/** Looks for the seals of all files of a release, also of those that are refused without. True where something new is known. */
export async function judgeRelease(
  { parts, judging }: { readonly parts: GateParts; readonly judging: Judging },
  view: NameView,
  { files }: ReleaseFacts,
): Promise<boolean> {
  const own = new Set(files.filter(isOpen).map(({ file }) => file.fileName))
  const open = digestedFiles(view, { files }).filter(({ fileName }) => own.has(fileName))
  if (open.length === 0) return false
  const asked = open.slice(0, MAX_FILES)
  await within(parts.clock, RELEASE_PATIENCE_MS, judgeAll(judging, view, asked))
  return true
}

async function judgeAll(judging: Judging, view: NameView, files: readonly DigestedFile[]): Promise<void> {
  const queue = files.values()
  const work = async (): Promise<void> => {
    for (const file of queue) await judging.judge(view.routed.upstream, view.name, file)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}

function openFiles(view: NameView, release: ReleaseFacts): readonly DigestedFile[] {
  const waiting = new Set(release.files.flatMap(({ file, seals }) => (needsFile(seals) ? [file] : [])))
  return digestedFiles(view, release).filter(
    (file) => decisionOn(view, file)?.outcome === 'not judged' && !waiting.has(file),
  )
}

/** But for those that are gone and served as before. */
function digestedFiles(view: NameView, { files }: Pick<ReleaseFacts, 'files'>): readonly DigestedFile[] {
  return files
    .map(({ file }) => file)
    .filter(isDigested)
    .filter((file) => {
      const decision = decisionOn(view, file)
      return decision === undefined || !isServedAsBefore(file, decision)
    })
}

/** What needs the file waits until somebody asks for that. */
function isOpen({ seals }: JudgedFile): boolean {
  return (seals.kind === 'not judged' && !needsFile(seals)) || seals.kind === 'unreachable'
}

function decisionOn({ decision }: NameView, { versionKey, fileName }: KnownFile): Decision | undefined {
  return decision.releases.get(versionKey)?.get(fileName)
}

const OF_SEALS: ReadonlySet<string> = new Set<GateCode>([
  'gate.unsigned',
  'gate.downgrade',
  'gate.changed',
  'gate.late',
  // Who signs again gets an entry in another tree.
  'gate.split-view',
])

/** What other seals might lift. */
function isRefusedBySeals(view: NameView, file: KnownFile): boolean {
  const { ground } = decisionOn(view, file) ?? {}
  return ground !== undefined && (ground.code.startsWith('verify.') || OF_SEALS.has(ground.code))
}

/** The newest release, and the newest of the two lines before it. */
function newestReleases(releases: readonly ReleaseFacts[]): readonly ReleaseFacts[] {
  const byTime = releases
    .filter(({ files }) => files.some(({ file }) => file.goneAtMs === null && file.yanked === null))
    .map((release) => ({
      release,
      atMs: release.files.reduce((most, { file }) => Math.max(most, uploadTimeMs(file)), 0),
    }))
    .toSorted((a, b) => b.atMs - a.atMs)
  const lines = new Map<string, ReleaseFacts>()
  for (const { release } of byTime) {
    const line = releaseLine(release.versionKey)
    if (!lines.has(line)) lines.set(line, release)
    if (lines.size === LINES) break
  }
  return [...lines.values()]
}
