import { firstTimeMs, isSealed } from '../decide/history.ts'
import { uploadTimeMs } from '../decide/times.ts'
import type { JudgedFile, NameFacts, Pin, ReleaseFacts } from '../facts.ts'
import { signerOf, type Signer } from './signer.ts'

/** Of the sealed releases, the newest are looked at. */
const NEWEST = 5
const MIN_RELEASES = 2
const MIN_AGE_MS = 14 * 86_400_000

export interface Learning {
  readonly nowMs: number
  /** Of the rule: another signer than the one that is pinned must have been seen by the world for so long. */
  readonly settleMs: number
  /** When pins of the name were last ended: nothing older is learned from again. */
  readonly forgottenAtMs?: number
}

/**
 * Who signs a name, as its history shows it: the same issuer, repository and pipeline file in at least two of the newest
 * sealed releases, the older one at least 14 days old. Only pins that are new; none for private names, whose signers a
 * policy lists. Where the name has pins, all that another one is learned from must have settled: or two releases of a
 * stranger, refused until then, would make the third one good.
 */
export function learnPins(facts: NameFacts, learning: Learning): readonly Pin[] {
  if (facts.isPrivate) return []
  const groups = new Map<string, Sighting[]>()
  for (const { files } of newestSealed(facts.releases))
    for (const sighting of signersOf(files))
      if (isCounted(sighting, facts, learning)) add(groups, keyOf(sighting.signer), sighting)
  const known = new Set(facts.pins.map(pinKey))
  return [...groups.values()]
    .flatMap((sightings) => pinsOf(sightings, learning))
    .filter((pin) => !known.has(pinKey(pin)))
}

/** What must be judged so that history shows who signs: one file of each of the newest releases that may have a seal. */
export function historySample({ releases }: NameFacts): readonly JudgedFile[] {
  const sample = newestSealed(releases).map(({ files }) =>
    files.some(({ seals }) => seals.kind === 'judged') ? undefined : files[0],
  )
  return sample.filter((one) => one !== undefined)
}

interface SealedFiles {
  readonly files: readonly JudgedFile[]
  readonly atMs: number
}

function newestSealed(releases: readonly ReleaseFacts[]): readonly SealedFiles[] {
  return releases
    .map(({ files }) => files.filter(mayShow))
    .filter((files) => files.length > 0)
    .map((files) => ({ files, atMs: firstTimeMs(files) }))
    .toSorted((a, b) => b.atMs - a.atMs)
    .slice(0, NEWEST)
}

/** A file that was taken back, or that its maintainers warn of, shows nothing. */
function mayShow(judged: JudgedFile): boolean {
  const { file, seals } = judged
  if (file.goneAtMs !== null || file.yanked !== null) return false
  const isOpen = seals.kind === 'not judged' && file.provenance.kind === 'unsaid'
  return isSealed(judged) || isOpen
}

interface Sighting {
  readonly signer: Signer
  readonly versionKey: string
  readonly fileName: string
  /** When it was in the world for sure: the later of upload and signature. */
  readonly atMs: number
}

/** Each signer of a release once. */
function signersOf(files: readonly JudgedFile[]): readonly Sighting[] {
  const found = new Map<string, Sighting>()
  for (const { file, seals } of files) {
    const verdicts = seals.kind === 'judged' ? seals.verdicts : []
    for (const one of verdicts) {
      if (!one.holds) continue
      const signer = signerOf(one.identity)
      const key = JSON.stringify([keyOf(signer), signer.refKind])
      const { fileName, versionKey } = file
      const atMs = Math.max(uploadTimeMs(file), one.signedAtMs)
      if (!found.has(key)) found.set(key, { signer, fileName, versionKey, atMs })
    }
  }
  return [...found.values()]
}

function isCounted({ atMs }: Sighting, { pins }: NameFacts, learning: Learning): boolean {
  const { nowMs, settleMs, forgottenAtMs = -Infinity } = learning
  if (atMs <= forgottenAtMs) return false
  return pins.length === 0 || (settleMs > 0 && nowMs - atMs >= settleMs)
}

/** One pin for each kind of ref that was seen, so that a pin for tags and branches lets no pull request in. */
function pinsOf(sightings: readonly Sighting[], { nowMs }: Learning): readonly Pin[] {
  const sinceMs = sightings.reduce((first, { atMs }) => Math.min(first, atMs), Infinity)
  const [newest] = sightings
  const isEnough = new Set(sightings.map(({ versionKey }) => versionKey)).size >= MIN_RELEASES
  if (newest === undefined || !isEnough || nowMs - sinceMs < MIN_AGE_MS) return []
  const { issuer, repository, repositoryUri, repositoryId, workflow } = newest.signer
  const kinds = new Set(sightings.map(({ signer }) => signer.refKind))
  return [...kinds].map((refKind) => ({
    issuer,
    repository:
      repositoryId === undefined
        ? { kind: 'uri', value: repositoryUri }
        : { kind: 'id', value: repositoryId },
    shown: repository,
    workflow,
    refKind,
    sinceMs,
    by: 'history',
    fromFiles: sightings.filter(({ signer }) => signer.refKind === refKind).map(({ fileName }) => fileName),
  }))
}

function keyOf({ issuer, repositoryUri, repositoryId, workflow }: Signer): string {
  const place = repositoryId === undefined ? ['uri', repositoryUri] : ['id', repositoryId]
  return JSON.stringify([issuer, place, workflow])
}

/** The same for pins that let the same signers in. */
export function pinKey({ issuer, repository: { kind, value }, workflow, refKind }: Pin): string {
  return JSON.stringify([issuer, kind, value, workflow, refKind])
}

function add<Value>(groups: Map<string, Value[]>, key: string, value: Value): void {
  const group = groups.get(key)
  if (group === undefined) groups.set(key, [value])
  else group.push(value)
}
