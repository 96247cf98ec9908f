import type { KnownFile } from '../facts.ts'

/** A file whose digest the page says: without one there is nothing to judge. */
export type DigestedFile = KnownFile & { readonly sha256: string }

export function isDigested(file: KnownFile): file is DigestedFile {
  return file.sha256 !== null
}
