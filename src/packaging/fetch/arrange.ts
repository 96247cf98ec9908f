/** For tests only: lines of an index. */
import type { ListedFile, Listing } from '../index.ts'

export const SHA = 'ab'.repeat(32)
export const WHEEL = 'demo-1.0-py3-none-any.whl'
export const SDIST = 'demo-1.0.tar.gz'

export function listed(fileName: string, more: Partial<ListedFile> = {}): ListedFile {
  return {
    fileName,
    url: `https://index.example/files/${fileName}`,
    sha256: SHA,
    sizeBytes: undefined,
    yanked: undefined,
    provenanceUrl: undefined,
    ...more,
  }
}

export function listing(files: readonly ListedFile[], more: Partial<Listing> = {}): Listing {
  return { status: undefined, statusReason: undefined, files, ...more }
}
