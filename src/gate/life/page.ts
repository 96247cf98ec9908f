import { listingOf, signpostFor, type NameListing, type PageFile } from '../decide/listing.ts'
import type { Ground } from '../decision.ts'
import { uploadTimeMs } from '../decide/times.ts'
import type { GatePage, PageEntry } from '../gate.ts'
import type { GateParts, GateUpstream } from './parts.ts'
import { pathOf } from './places.ts'
import type { ProvedWheels } from './proved-wheels.ts'
import { refusedWith } from './refusing.ts'
import type { NameView } from './view.ts'
import type { Links } from './why-links.ts'

/** In place of an upstream's name in the URL of a signpost: no upstream has it. */
export const SIGNPOST_PLACE = '-'

/** No metadata has this digest: that of a file where none is ever served. */
const NO_METADATA = '0'.repeat(64)

/** The page of a name: what is refused is yanked with its sentence; where nothing may be served, a signpost says so. */
export async function pageOf({ parts, links, proved }: PageParts, view: NameView): Promise<GatePage> {
  const { files, signpost } = listingFor(parts, view, links)
  const entries = signpost === undefined ? [] : [signpostEntry(view.name)]
  for (const file of files) entries.push(await entryOf(proved, view, file))
  return pageWith(view.name, view.facts.status, entries)
}

interface PageParts {
  readonly parts: GateParts
  /** Installers show the sentences of a page, whose links must work. */
  readonly links: Links
  readonly proved: ProvedWheels
}

function listingFor(
  parts: GateParts,
  { name, facts, decision: decided }: NameView,
  links?: Links,
): NameListing {
  return listingOf({
    facts,
    decided,
    mode: parts.mode,
    sentenceOf: (judged, ground) => {
      const { sentence, refusal } = refusedWith(parts, { name, ground, judged })
      links?.shown(refusal)
      return sentence
    },
  })
}

/** Why nothing of a name may be served; undefined where something may, and where its upstream has no such name. */
export function signpostOf(parts: GateParts, view: NameView): NameListing['signpost'] {
  const { upstream, isPrivate } = view.routed
  if (view.files.size > 0 || !isPrivate) return listingFor(parts, view).signpost
  return { ground: privateGround(upstream) }
}

export function privateGround({ name }: Pick<GateUpstream, 'name'>): Ground {
  return { code: 'gate.private', fact: `is a private name, and ${name} has no such package` }
}

/** Of a name whose upstream gave no answer, or has none such, and of which nothing is kept. */
export function signpostPage(name: string): GatePage {
  return pageWith(name, null, [signpostEntry(name)])
}

function pageWith(name: string, status: GatePage['status'], files: readonly PageEntry[]): GatePage {
  return { name, status, files, written: new Map() }
}

async function entryOf(
  proved: ProvedWheels,
  { routed }: NameView,
  { judged: { file }, yanked, isRefused, isRecalled }: PageFile,
): Promise<PageEntry> {
  const wheel = await proved.of(file)
  const listedSha256 = file.metadataSha256 ?? (isRefused ? NO_METADATA : null)
  return {
    fileName: file.fileName,
    version: file.version,
    href: `../../${isRecalled ? 'recalled' : 'files'}/${routed.upstream.name}/${pathOf(file)}`,
    sha256: file.sha256,
    sizeBytes: file.sizeBytes,
    uploadedAtMs: uploadTimeMs(file),
    requiresPython: wheel?.requiresPython === undefined ? file.requiresPython : wheel.requiresPython,
    // Never without a digest: pdm would take what a refusal says, which lists no dependencies, for the metadata.
    metadataSha256: file.kind === 'wheel' ? (wheel?.metadataSha256 ?? listedSha256) : null,
    yanked,
    hasProvenance: file.provenance.kind === 'at',
  }
}

function signpostEntry(name: string): PageEntry {
  const { fileName, version } = signpostFor(name)
  return {
    fileName,
    version,
    href: `../../files/${SIGNPOST_PLACE}/${encodeURIComponent(fileName)}`,
    sha256: null,
    sizeBytes: null,
    uploadedAtMs: 0,
    requiresPython: null,
    metadataSha256: NO_METADATA,
    yanked: null,
    hasProvenance: false,
  }
}
