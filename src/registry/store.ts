/** A package file to keep, and the package that it belongs to. */
export interface NewFile {
  readonly projectId: number
  readonly kind: PackageKind
  readonly name: string
  /** The name by which the package is found. */
  readonly nameKey: string
  readonly version: string
  readonly versionKey: string
  readonly fileName: string
  readonly sha256: string
  readonly size: number
  /** Null where the kind has none. */
  readonly requiresPython: string | null
  readonly createdAtMs: number
}

export type PackageKind = 'pypi' | 'generic'

export interface StoredFile {
  readonly id: number
  readonly packageId: number
  readonly name: string
  readonly version: string
  readonly fileName: string
  readonly sha256: string
  readonly size: number
  readonly requiresPython: string | null
  readonly createdAtMs: number
}

export interface AddedFile {
  /** The file that stands: the new one, or the one that stood there before. */
  readonly file: StoredFile
  readonly isNew: boolean
}

export interface PackageKey {
  readonly projectId: number
  readonly kind: PackageKind
  readonly nameKey: string
  readonly versionKey: string
}

export interface Forwarding {
  /** Without a slash at the end. */
  readonly indexUrl: string
  /** Normalised. */
  readonly names: readonly string[]
}

export interface ForwardingSetting {
  /** Undefined turns it off. */
  readonly forwarding: Forwarding | undefined
  readonly setAtMs: number
}

/**
 * What `registry` keeps: packages by (project, kind, name key, version key), and their files. The bytes are elsewhere,
 * and durable before a row here names them. Every write is durable when it resolves, and whole or absent; safe to call
 * concurrently. A file's row never goes, nor do its name, key, digest and size ever change, so that no name is free
 * again; whatever else is written of a project, or changed, raises its revision in the same transaction.
 */
export interface RegistryStore {
  /** At most one file ever has `uniqueKey` in its package. Makes the package when it is missing. */
  addUnique(file: NewFile, uniqueKey: string): Promise<AddedFile>
  /** Another file of the same name, unless the newest one has the same digest. Makes the package when it is missing. */
  append(file: NewFile): Promise<AddedFile>
  findUnique(key: PackageKey, uniqueKey: string): Promise<StoredFile | undefined>
  /** The newest file of that name. */
  findNewest(key: PackageKey, fileName: string): Promise<StoredFile | undefined>
  /** The files of all versions, oldest first, from the first one after `afterId`. */
  listFiles(
    key: Omit<PackageKey, 'versionKey'>,
    page: { readonly afterId: number; readonly limit: number },
  ): Promise<readonly StoredFile[]>
  /** Of all packages of a project, newest first, from the first one that is older than `beforeId`. */
  listNewest(
    key: Pick<PackageKey, 'projectId' | 'kind'>,
    page: { readonly beforeId: number; readonly limit: number },
  ): Promise<readonly StoredFile[]>
  /** Name keys, each once, in order, from the first one after `after`; '' begins. */
  listNames(
    key: Pick<PackageKey, 'projectId' | 'kind'>,
    page: { readonly after: string; readonly limit: number },
  ): Promise<readonly string[]>
  findForwarding(projectId: number): Promise<Forwarding | undefined>
  setForwarding(projectId: number, setting: ForwardingSetting): Promise<void>
  /**
   * A number that every write of the project raises, and nothing else: what was read at one revision still holds at the
   * same. 0 before the first. At least the time of each write, so that another store in this one's place, a new one or
   * an older one put back, does not count through the same numbers again.
   */
  revision(projectId: number): Promise<number>
}
