import type { Clock } from '../../base/index.ts'
import type { DistributionName } from '../../formats/python/index.ts'

/** Bytes as they are here; `content` reads them again, and ends with an error where they are others by then. */
export interface LocalFile {
  readonly path: string
  readonly fileName: string
  /** Lower-case hex. */
  readonly sha256: string
  readonly sizeBytes: number
  content(): AsyncIterable<Uint8Array>
}

export interface LocalDistribution extends LocalFile {
  readonly distribution: DistributionName
  /** The core metadata field; undefined where the file has none. */
  readonly requiresPython: string | undefined
}

/** A file of the generic registry: `PACKAGE/VERSION/FILE`. */
export interface SideFile extends LocalFile {
  readonly packageName: string
  readonly version: string
}

/** What an index lists. */
export interface RegistryFile {
  readonly fileName: string
  readonly sha256: string | undefined
  readonly url: string
}

export interface Digest {
  readonly sha256: string
  readonly sizeBytes: number
}

export type UploadAnswer =
  | { readonly kind: 'stored' }
  /** There is a file of this name, whatever its bytes. */
  | { readonly kind: 'taken'; readonly words: string }
  | { readonly kind: 'refused'; readonly status: number; readonly words: string }
  /** An error of the server, or a connection that was cut: it may be stored, and it may not. */
  | { readonly kind: 'unknown'; readonly words: string; readonly retryAfterMs: number | undefined }

/**
 * The PyPI and the generic registry of one project, at GitLab's API. Reading is tried again where it fails for a moment;
 * an upload is one try, since what to do after it is the caller's decision. Throws `net.…`.
 */
export interface PackageRegistry {
  /** For people. */
  readonly name: string
  /** None for a package that is not there. */
  list(packageName: string): Promise<readonly RegistryFile[]>
  /** Of the bytes that are served; at most `maxBytes` of them are read, of which a longer file has more. */
  digestOf(file: RegistryFile, maxBytes: number): Promise<Digest | undefined>
  sideFileDigest(file: SideFile, maxBytes: number): Promise<Digest | undefined>
  upload(file: LocalDistribution): Promise<UploadAnswer>
  uploadSideFile(file: SideFile): Promise<UploadAnswer>
}

export interface PublishPorts {
  readonly registry: PackageRegistry
  readonly clock: Clock
}

export interface PublishEvents {
  /** What begins now, in a few words. */
  readonly onStep: (step: string) => void
}
