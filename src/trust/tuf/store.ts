/**
 * Small files by name: `root.json`, `3.snapshot.json`, `targets/<sha256>.rekor.pub`. One writer; readers at any time,
 * also in other processes, see the old bytes or the new ones.
 */
export interface TufRepositoryStore {
  /** Undefined for any name that was not written. */
  read(name: string): Promise<Uint8Array | undefined>
  /** Durable when it resolves; what stood under the name is replaced. Writes in the order of the calls, one by one. */
  write(name: string, bytes: Uint8Array): Promise<void>
}
