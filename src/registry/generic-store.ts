import type { AddedFile, NewFile, PackageKey, StoredFile } from './store.ts'

export interface NewGenericFile extends NewFile {
  /** Whether the lists leave its package out from now on; left out, it stays as it is, and a new one is listed. */
  readonly isHidden?: boolean | undefined
}

/**
 * What the generic registry keeps beside `RegistryStore`, in the same packages and under the same rules: a row is
 * durable when a write resolves, whole or absent, its bytes were durable before, and every write raises the revision of
 * its project. Safe to call concurrently.
 */
export interface GenericStore {
  /**
   * The first file of its name. What was ever kept under the name stands and is given instead, with its `deletedAtMs`
   * where it was deleted: a deleted file with the digest of this one does not stand in its way.
   */
  addFirst(file: NewGenericFile): Promise<AddedFile>
  /** Beside what stands under the name, unless the newest that is not deleted has the same digest. */
  addBeside(file: NewGenericFile): Promise<AddedFile>
  /** The newest of that name, a deleted one too. */
  findLast(key: PackageKey, fileName: string): Promise<StoredFile | undefined>
  /** The newest of that name that is not deleted. */
  findServed(key: PackageKey, fileName: string): Promise<StoredFile | undefined>
  /** False until it is set. */
  duplicatesAllowed(projectId: number): Promise<boolean>
  setDuplicates(
    projectId: number,
    setting: { readonly allowed: boolean; readonly atMs: number },
  ): Promise<void>
}
