import type { JudgedFile, KnownFile, NameFacts, ReleaseFacts, SealState } from '../facts.ts'
import type { KeptName } from '../store.ts'
import { isDigested } from './digested.ts'
import type { Judging } from './judging.ts'
import type { GateParts } from './parts.ts'
import type { Routed } from './route.ts'
import { pinsFrom } from '../pins/events.ts'

export interface Loading {
  readonly routed: Routed
  readonly name: string
  readonly kept: KeptName
}

/** All that is kept of a name: nobody is asked. */
export async function loadFacts(
  parts: GateParts,
  judging: Judging,
  { routed, name, kept }: Loading,
): Promise<NameFacts> {
  const { upstream, isPrivate } = routed
  const place = { upstream: upstream.key, name }
  const files = await parts.store.listFiles(place)
  const mismatches = new Map((await parts.store.listMismatches(place)).map((one) => [one.fileName, one]))
  const known = await judging.known(upstream, files.filter(isDigested))
  const judged = files.map((file) => ({
    file,
    seals: known.get(file.fileName) ?? untold(file, routed, kept),
    mismatch: mismatches.get(file.fileName) ?? null,
  }))
  return {
    name,
    releases: releasesOf(judged),
    pins: pinsFrom(await parts.store.listPinEvents(parts.name, name)).pins,
    upstream: upstream.name,
    isPrivate,
    status: kept.status,
    freshAtMs: kept.freshAtMs,
  }
}

/** What the page alone says of the seals of a file. */
function untold(
  { provenance }: KnownFile,
  { upstream: { seals, hasProvenanceUrl } }: Routed,
  { tellsOfSeals }: KeptName,
): SealState {
  if (seals === 'none') return { kind: 'blind' }
  if (seals !== 'provenance' || hasProvenanceUrl || provenance.kind === 'at') return { kind: 'not judged' }
  // Beside files that have the key, one without is one without seals (PEP 740); a page without any says nothing.
  return { kind: provenance.kind === 'none' || tellsOfSeals ? 'unsigned' : 'blind' }
}

function releasesOf(files: readonly JudgedFile[]): readonly ReleaseFacts[] {
  const releases = new Map<string, { version: string; versionKey: string; files: JudgedFile[] }>()
  for (const one of files) {
    const { version, versionKey } = one.file
    const release = releases.get(versionKey)
    if (release === undefined) releases.set(versionKey, { version, versionKey, files: [one] })
    else release.files.push(one)
  }
  return [...releases.values()]
}
