import type { Project } from '../access/index.ts'
import type { Context } from './ports.ts'
import type { PackageFilter, PackageOrder, PackageRecord, PackagesStore, Slice } from './packages-store.ts'

/** Of how many packages or files a list is made at most. */
export const LISTED_AT_MOST = 10_000

export type AskedFilter = Omit<PackageFilter, 'among'>

/** Packages of all kinds, as lists. The caller has checked that whoever asks may do it in `project`. */
export interface Packages {
  list(project: Project, filter: AskedFilter, slice: Slice<PackageOrder>): Promise<readonly PackageRecord[]>
  /** Undefined where there are more than `LISTED_AT_MOST`. */
  count(project: Project, filter: AskedFilter): Promise<number | undefined>
  find(project: Project, packageId: number): Promise<PackageRecord | undefined>
  otherVersions: PackagesStore['otherVersions']
  listFiles: PackagesStore['listFiles']
  /** Undefined where there are more than `LISTED_AT_MOST`. */
  countFiles(packageId: number): Promise<number | undefined>
  listJobs: PackagesStore['listJobs']
  /** False where the package has no such file. No name is free again, and the bytes stay. */
  deleteFile(found: PackageRecord, fileId: number): Promise<boolean>
  /** All its files; who asks again after a crash in between deletes the rest. */
  delete(found: PackageRecord): Promise<void>
}

/** Files that one transaction deletes: others write between two. */
const DELETED_AT_ONCE = 200

export function createPackages({ packages, clock }: Context): Packages {
  return {
    list: ({ id }, filter, slice) => packages.list(id, { ...filter, among: LISTED_AT_MOST }, slice),
    count: ({ id }, filter) => packages.count(id, { ...filter, among: LISTED_AT_MOST }),
    find: ({ id }, packageId) => packages.find(id, packageId),
    otherVersions: (found, limit) => packages.otherVersions(found, limit),
    listFiles: (packageId, slice) => packages.listFiles(packageId, slice),
    countFiles: (packageId) => packages.countFiles(packageId, LISTED_AT_MOST),
    listJobs: (packageId, limit) => packages.listJobs(packageId, limit),
    deleteFile: (found, fileId) => packages.deleteFile(found, fileId, clock.nowMs()),
    delete: async (found) => {
      while ((await packages.deleteFiles(found, DELETED_AT_ONCE, clock.nowMs())) === DELETED_AT_ONCE);
    },
  }
}
