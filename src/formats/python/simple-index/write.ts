import { setImmediate as nextTurn } from 'node:timers/promises'
import { utf8 } from '../../../base/index.ts'

/** The page of one package, as it is written. */
export interface PackageListing {
  /** Normalised. */
  readonly name: string
  /** As people know it. */
  readonly title: string
  /** PEP 792. */
  readonly status: 'active' | 'archived' | 'deprecated' | 'quarantined'
  /** '' without one. */
  readonly statusReason: string
  readonly files: Iterable<FileListing> | AsyncIterable<FileListing>
}

/** What is left out is not written. */
export interface FileListing {
  readonly fileName: string
  /** Listed once among the versions of the page, in the order of the files. */
  readonly version: string
  /** Without a fragment; relative or absolute. */
  readonly href: string
  /** Lower-case hex. */
  readonly sha256?: string
  readonly sizeBytes?: number
  readonly uploadTimeMs?: number
  readonly requiresPython?: string
  /** The SHA-256 of `href` + `.metadata` in lower-case hex; `unhashed` where that is offered and its digest is not known. */
  readonly coreMetadata?: string
  /** The reason, '' where none is given; left out for a file that is not yanked. */
  readonly yanked?: string
  /** Of the PEP 740 object; null says that there is none. */
  readonly provenanceHref?: string | null
}

/** The page of all packages. */
export interface NameListing {
  readonly title: string
  readonly names: Iterable<NameLink> | AsyncIterable<NameLink>
}

export interface NameLink {
  readonly name: string
  readonly href: string
}

export const API_VERSION = '1.4'

/** Entries that are written before others get their turn. */
const ITEMS_PER_STEP = 500

/** A page of whatever length, in steps; others get their turn between two of them. */
export async function* inSteps<T>(
  items: Iterable<T> | AsyncIterable<T>,
  text: {
    readonly head: string
    readonly item: (item: T, index: number) => string
    /** Made after the last item. */
    readonly foot: () => string
  },
): AsyncGenerator<Uint8Array> {
  let written = text.head
  let count = 0
  for await (const item of items) {
    written += text.item(item, count)
    count += 1
    if (count % ITEMS_PER_STEP !== 0) continue
    yield utf8(written)
    written = ''
    await nextTurn()
  }
  yield utf8(written + text.foot())
}
