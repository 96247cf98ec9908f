import type { FileListing, NameLink, PackageListing } from '../formats/python/simple-index/index.ts'
import type { ShownPackage, StoredFile } from '../registry/index.ts'

/**
 * Where a page stands. Its links are relative: they hold by every name that the host has, and behind a proxy that serves
 * it below a path.
 */
export interface PagePlace {
  /** What ends the path of the page: '/' or nothing. */
  readonly slash: string
  /**
   * The URL of the PyPI routes of the project, as the configuration of the server has its host; without a slash at the
   * end. Provenance is the one thing for which PEP 740 wants a whole URL.
   */
  readonly base: string
}

/** `…/simple/NAME`. */
export function packageListing(place: PagePlace, shown: ShownPackage): PackageListing {
  return { ...shown, files: fileListings(place, shown) }
}

/** `…/simple`. */
export async function* nameLinks(
  { slash }: PagePlace,
  names: AsyncIterable<string>,
): AsyncGenerator<NameLink> {
  const below = slash === '' ? 'simple/' : ''
  for await (const name of names) yield { name, href: `${below}${name}/` }
}

async function* fileListings(place: PagePlace, { name, files }: ShownPackage): AsyncGenerator<FileListing> {
  for await (const file of files) yield fileListing(place, name, file)
}

function fileListing({ slash, base }: PagePlace, name: string, file: StoredFile): FileListing {
  const { requiresPython, metadata, yankedReason } = file
  const up = slash === '' ? '../' : '../../'
  const [version, fileName] = [encodeURIComponent(file.version), encodeURIComponent(file.fileName)]
  return {
    fileName: file.fileName,
    version: file.version,
    href: `${up}files/${file.sha256}/${fileName}`,
    sha256: file.sha256,
    sizeBytes: file.size,
    uploadTimeMs: file.createdAtMs,
    ...(requiresPython !== null && { requiresPython }),
    ...(metadata !== null && { coreMetadata: metadata.sha256 }),
    ...(yankedReason !== null && { yanked: yankedReason }),
    ...(file.provenance !== null && {
      provenanceHref: `${base}/integrity/${name}/${version}/${fileName}/provenance`,
    }),
  }
}
