import { nameInFileNames, normalizeName } from '../../formats/python/index.ts'
import type { Decision, Ground } from '../decision.ts'
import type { JudgedFile, NameFacts } from '../facts.ts'
import { shownText } from '../sentence-text.ts'
import { isServedAsBefore } from './gone.ts'
import { applyMode, type Mode } from './mode.ts'
import type { NameDecision } from './question.ts'
import { uploadTimeMs } from './times.ts'

/** A file as the page of the gate lists it. */
export interface PageFile {
  readonly judged: JudgedFile
  /** The reason; null for a file that is not yanked. */
  readonly yanked: string | null
  /** The file and its metadata answer the sentence. */
  readonly isRefused: boolean
  /** This gate has served it before: another URL reaches the caches of installers. */
  readonly isRecalled: boolean
}

export interface NameListing {
  readonly files: readonly PageFile[]
  /** Why there is nothing else to choose: the page has a signpost then. */
  readonly signpost?: { readonly ground: Ground; readonly judged?: JudgedFile }
}

export interface ListingQuestion {
  readonly facts: NameFacts
  readonly decided: NameDecision
  readonly mode: Mode
  readonly sentenceOf: (judged: JudgedFile, ground: Ground) => string
}

/**
 * What the page of a name lists: what is refused as yanked, with its sentence, so that ranges fall back by themselves
 * and exact pins read why. What upstream has taken back is listed only where this gate has served it, or where its rule
 * serves it as before.
 */
export function listingOf({ facts, decided, mode, sentenceOf }: ListingQuestion): NameListing {
  const files: PageFile[] = []
  let newest: Refused | undefined
  for (const { versionKey, files: own } of facts.releases)
    for (const judged of own) {
      const decision = decided.releases.get(versionKey)?.get(judged.file.fileName)
      if (decision === undefined) continue
      const ground = refusingGround(applyMode(decision, mode).decision)
      if (ground !== undefined) newest = later(newest, { judged, ground })
      if (isLeftOut(judged, decision, ground)) continue
      files.push(pageFile(judged, ground, sentenceOf))
    }
  const signpost = files.some(({ isRefused }) => !isRefused)
    ? undefined
    : reasonFor({ facts, decided, mode }, newest)
  return { files, ...(signpost === undefined ? {} : { signpost }) }
}

/** As upstream has it, but for what somebody may have from here, and for what the rule serves as before. */
function isLeftOut({ file }: JudgedFile, decision: Decision, ground: Ground | undefined): boolean {
  if (file.goneAtMs === null) return false
  return ground === undefined ? !isServedAsBefore(file, decision) : file.servedAtMs === null
}

interface Refused {
  readonly judged: JudgedFile
  readonly ground: Ground
}

function refusingGround({ outcome, ground }: Decision): Ground | undefined {
  return outcome === 'held' || outcome === 'refused' ? ground : undefined
}

function later(one: Refused | undefined, other: Refused): Refused {
  if (one === undefined) return other
  return uploadTimeMs(other.judged.file) > uploadTimeMs(one.judged.file) ? other : one
}

function pageFile(
  judged: JudgedFile,
  ground: Ground | undefined,
  sentenceOf: ListingQuestion['sentenceOf'],
): PageFile {
  const { yanked, servedAtMs } = judged.file
  if (ground === undefined)
    return { judged, yanked: upstreamReason(yanked), isRefused: false, isRecalled: false }
  return { judged, yanked: sentenceOf(judged, ground), isRefused: true, isRecalled: servedAtMs !== null }
}

const MAX_UPSTREAM_REASON = 180

/** Installers print it raw. */
function upstreamReason(yanked: string | null): string | null {
  if (yanked === null) return null
  return yanked === ''
    ? 'upstream gives no reason'
    : `upstream says: ${shownText(yanked, MAX_UPSTREAM_REASON)}`
}

/** Of the whole name, else of the file that came last; a name without files that is refused for nothing has none. */
function reasonFor(
  { decided, mode }: Pick<ListingQuestion, 'facts' | 'decided' | 'mode'>,
  newest: Refused | undefined,
): NameListing['signpost'] {
  const { ground } = decided
  if (ground === undefined || (mode !== 'enforce' && ground.code !== 'gate.private')) return newest
  return { ground }
}

export interface Signpost {
  readonly fileName: string
  readonly version: string
}

const MAX_SAID = 80

/**
 * The one file of a page on which nothing can be chosen: an installer without a pin takes it, asks for its metadata and
 * reads the sentence there. Lower than every version that anybody publishes; the local part (PEP 440) says it in words.
 */
export function signpostFor(name: string): Signpost {
  const said = normalizeName(name)
    .slice(0, MAX_SAID)
    .split('-')
    .filter((part) => part !== '')
    .map((part) => part.replace(/^0+(?=[0-9]+$)/, ''))
    .join('.')
  const version = `0+wheelseal.refuses.${said}`
  return { version, fileName: `${nameInFileNames(name)}-${version}-py3-none-any.whl` }
}
