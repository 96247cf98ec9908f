import { readCapped } from '../../base/index.ts'
import type { Downloader } from '../../net/index.ts'
import type { ChosenFile } from '../../packaging/index.ts'

const PROVENANCE = '.provenance'

export interface SealPlaces {
  readonly files: readonly ChosenFile[]
  /** `…/packages/generic/PACKAGE/VERSION`, any of which may have them; empty where the index is no GitLab's. */
  readonly genericUrls: readonly string[]
}

/** Reads the seal of this name; undefined where there is none. */
export type ReadSeal = (name: string, maxBytes: number) => Promise<Uint8Array | undefined>

/**
 * Of a GitLab's generic registry, of the page's own PEP 740 provenance and, where the index is no GitLab's and has no
 * provenance, of what lies beside the file, as static mirrors have it. None of these places is believed.
 */
export function sealSource({ files, genericUrls }: SealPlaces, downloader: Downloader): ReadSeal {
  const known = new Map(files.map((file) => [file.fileName, file]))
  const generic = inOneOf(genericUrls, downloader)
  return async (name, maxBytes) => {
    const file = fileOf(name, known)
    if (file === undefined) return undefined
    if (name.endsWith(PROVENANCE))
      return file.provenanceUrl === undefined ? undefined : read(file.provenanceUrl, maxBytes, downloader)
    if (genericUrls.length > 0) return generic(name, maxBytes)
    if (file.provenanceUrl !== undefined) return undefined
    return read(beside(file, name), maxBytes, downloader)
  }
}

/** The place that has one of the seals has them all: it is the one that is asked then. */
function inOneOf(urls: readonly string[], downloader: Downloader): ReadSeal {
  let found: string | undefined
  return async (name, maxBytes) => {
    for (const url of found === undefined ? urls : [found]) {
      const bytes = await read(`${url}/${encodeURIComponent(name)}`, maxBytes, downloader)
      if (bytes === undefined) continue
      found = url
      return bytes
    }
    return undefined
  }
}

function fileOf(name: string, files: ReadonlyMap<string, ChosenFile>): ChosenFile | undefined {
  for (let end = name.lastIndexOf('.'); end > 0; end = name.lastIndexOf('.', end - 1)) {
    const file = files.get(name.slice(0, end))
    if (file !== undefined) return file
  }
  return undefined
}

function beside({ url, fileName }: ChosenFile, name: string): string {
  const there = new URL(url)
  there.pathname += name.slice(fileName.length)
  return there.href
}

async function read(url: string, maxBytes: number, downloader: Downloader): Promise<Uint8Array | undefined> {
  const found = await downloader.open(url, { maxBytes })
  return found === undefined ? undefined : readCapped(found.parts, maxBytes)
}
