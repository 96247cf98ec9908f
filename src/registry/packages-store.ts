import type { BlobReference, Maker, PackageKind } from './store.ts'

/** A name and a version, as GitLab lists it. */
export interface PackageRecord {
  readonly id: number
  readonly projectId: number
  readonly kind: PackageKind
  readonly name: string
  readonly version: string
  readonly isHidden: boolean
  readonly createdAtMs: number
  /** Who uploaded the newest of its files. */
  readonly madeBy: Maker
}

export interface PackageFileRecord extends BlobReference {
  readonly id: number
  readonly packageId: number
  readonly fileName: string
  readonly createdAtMs: number
  readonly madeBy: Maker
}

export type PackageOrder = 'created_at' | 'name' | 'version' | 'type'
export type FileOrder = 'id' | 'created_at' | 'file_name'
export type Direction = 'asc' | 'desc'

export interface PackageFilter {
  readonly kind?: PackageKind | undefined
  /** Part of the name, in any case: letters, digits and the separators of PEP 503, for each of which any character fits. */
  readonly name?: string | undefined
  readonly version?: string | undefined
  readonly isHidden: boolean
  /** How many packages are looked at, so that a list does not cost more when more is stored. */
  readonly among: number
}

export interface Slice<Order> {
  readonly orderBy: Order
  readonly direction: Direction
  readonly offset: number
  readonly limit: number
}

/**
 * Packages and their files as lists of what is there: a file that was deleted is in none, nor is a package without a
 * file. Of packages the newest are looked at, or the oldest where `created_at` is asked for in ascending order.
 */
export interface PackagesStore {
  list(
    projectId: number,
    filter: PackageFilter,
    slice: Slice<PackageOrder>,
  ): Promise<readonly PackageRecord[]>
  /** Undefined where the project, or those of the kind, are more than are looked at. */
  count(projectId: number, filter: PackageFilter): Promise<number | undefined>
  find(projectId: number, packageId: number): Promise<PackageRecord | undefined>
  /** The newest other versions of its name. */
  otherVersions(found: PackageRecord, limit: number): Promise<readonly PackageRecord[]>
  listFiles(packageId: number, slice: Slice<FileOrder>): Promise<readonly PackageFileRecord[]>
  /** Undefined where there are more than `most`. */
  countFiles(packageId: number, most: number): Promise<number | undefined>
  /** Jobs that uploaded one of its files, each once, the newest first. */
  listJobs(packageId: number, limit: number): Promise<readonly number[]>
  /** Marks one as deleted and raises the revision; false where the package has no such file. */
  deleteFile(found: PackageRecord, fileId: number, atMs: number): Promise<boolean>
  /** The same for the oldest of its files, `limit` of them in one transaction; how many they were. */
  deleteFiles(found: PackageRecord, limit: number, atMs: number): Promise<number>
}
