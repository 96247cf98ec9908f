import { sha256Hex, WheelsealError } from '../../base/index.ts'
import { parseFileName, type DistributionName } from '../../formats/python/index.ts'
import type { ShownPackage, StoredFile } from '../../registry/index.ts'
import { gateErrors } from '../errors.ts'
import type { ListedFile } from '../facts.ts'
import type { NewPage } from '../store.ts'
import type { PageAnswer } from '../upstream.ts'
import { ownersOf, type Owners, type OwnRegistryParts } from './owners.ts'

/** As of any upstream. */
const MAX_FILES = 50_000

/** The page of a name, as the index of the project or group would show it. */
export async function ownPage(
  parts: OwnRegistryParts,
  name: string,
  kept: { readonly etag: string | null },
): Promise<PageAnswer> {
  const owners = await ownersOf(parts, name)
  // Before the files are read: a change meanwhile is another revision.
  const etag = await etagOf(parts, owners)
  if (etag === kept.etag) return { kind: 'unchanged' }
  const shown: ShownPackage[] = []
  for (const project of owners.projects) {
    const one = await parts.pypi.shown(project, name)
    if (one !== undefined) shown.push(one)
  }
  const [first] = shown
  if (first === undefined) return { kind: 'unknown' }
  const files = await filesOf(shown, name)
  const tellsOfSeals = files.some(({ stored }) => stored.provenance !== null)
  const page: NewPage = {
    etag,
    serial: null,
    status: statusOf(shown.find(({ status }) => status === 'active') ?? first),
    tellsOfSeals,
    files: files.map((one) => listedFile(one, { base: owners.base, name, tellsOfSeals })),
  }
  return { kind: 'page', page }
}

/** All that pages are made of has a revision; which projects there are stands in it too. */
async function etagOf({ pypi }: OwnRegistryParts, { base, projects }: Owners): Promise<string> {
  const revisions: string[] = [base]
  for (const project of projects) revisions.push(`${project.id}:${await pypi.revision(project)}`)
  return `"${sha256Hex(revisions.join(' ')).slice(0, 32)}"`
}

function statusOf({ status }: ShownPackage): NewPage['status'] {
  return status === 'active' ? null : status
}

interface ShownFile {
  readonly stored: StoredFile
  readonly parsed: DistributionName
}

/** Each name once: of two projects the first. Throws `gate.registry` for too many. */
async function filesOf(shown: readonly ShownPackage[], name: string): Promise<readonly ShownFile[]> {
  const files = new Map<string, ShownFile>()
  for (const { files: all } of shown)
    for await (const stored of all) {
      const parsed = parsedName(stored.fileName)
      if (parsed?.name !== name || files.has(stored.fileName)) continue
      if (files.size === MAX_FILES)
        throw gateErrors('gate.registry', `${name} has more than ${MAX_FILES} files`)
      files.set(stored.fileName, { stored, parsed })
    }
  return [...files.values()]
}

function parsedName(fileName: string): DistributionName | undefined {
  try {
    return parseFileName(fileName)
  } catch (error) {
    if (error instanceof WheelsealError) return undefined
    throw error
  }
}

interface OnPage {
  readonly base: string
  readonly name: string
  readonly tellsOfSeals: boolean
}

function listedFile({ stored, parsed }: ShownFile, { base, name, tellsOfSeals }: OnPage): ListedFile {
  const { fileName, sha256, size, requiresPython, metadata, provenance } = stored
  const file = encodeURIComponent(fileName)
  const url = `${base}/integrity/${name}/${encodeURIComponent(stored.version)}/${file}/provenance`
  const untold = tellsOfSeals ? ('none' as const) : ('unsaid' as const)
  return {
    fileName,
    versionKey: parsed.version.key,
    version: parsed.version.normal,
    kind: parsed.kind,
    sha256,
    sizeBytes: size,
    url: `${base}/files/${sha256}/${file}`,
    uploadedAtMs: stored.createdAtMs,
    requiresPython: requiresPython === '' ? null : requiresPython,
    yanked: stored.yankedReason,
    provenance: provenance === null ? { kind: untold } : { kind: 'at', url },
    offersMetadata: metadata !== null,
    metadataSha256: metadata?.sha256 ?? null,
  }
}
