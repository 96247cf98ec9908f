/** Bytes that are kept beside a file: of what digest, and how many. */
export interface BlobReference {
  readonly sha256: string
  readonly size: number
}

/** Who uploads a file: a user, and where it was a job of the user, which. */
export interface Maker {
  readonly userId: number | null
  readonly jobId: number | null
}

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
  /** Its core metadata (PEP 658); null where the kind has none. */
  readonly metadata: BlobReference | null
  readonly createdAtMs: number
  /** Default true. */
  readonly isListed?: boolean
  /** Left out for nobody who is known. */
  readonly madeBy?: Maker
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
  readonly metadata: BlobReference | null
  readonly createdAtMs: number
  /** Why it was yanked (PEP 592), '' without a reason; null for a file that is not. */
  readonly yankedReason: string | null
  /** Why nobody gets its bytes: the file's own reason, or else that of its whole package. */
  readonly quarantinedReason: string | null
  readonly deletedAtMs: number | null
  /** Whether the publish rule of the project lets it stand in the index. */
  readonly isListed: boolean
  /** Its provenance object (PEP 740). */
  readonly provenance: BlobReference | null
}

/** What may change of a file. What is not given stays. */
export type FileChange = Partial<
  Pick<
    StoredFile,
    'metadata' | 'yankedReason' | 'quarantinedReason' | 'deletedAtMs' | 'isListed' | 'provenance'
  >
>

/** Of a package, over all its versions: the markers of PEP 792. */
export type PackageStatus = 'active' | 'archived' | 'deprecated' | 'quarantined'

/** A package, over all its versions. */
export interface PackageName {
  /** As its first file spelled it. */
  readonly name: string
  readonly status: PackageStatus
  /** '' without one. */
  readonly statusReason: string
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

/** Of a package over all its versions. */
export type NameKey = Omit<PackageKey, 'versionKey'>

export interface ChangedAt {
  readonly atMs: number
}

export interface Forwarding {
  /** Without a slash at the end. */
  readonly indexUrl: string
  /** Normalised; 'all' is every name that the project never had. */
  readonly names: readonly string[] | 'all'
}

export interface ForwardingSetting {
  /** Undefined turns it off. */
  readonly forwarding: Forwarding | undefined
  readonly setAtMs: number
}

/** How the PyPI packages of a project are taken. */
export interface PypiSettings {
  /** The same bytes under the same name once more: GitLab refuses them. */
  readonly identicalUploads: 'accept' | 'refuse'
}

/**
 * What `registry` keeps: packages by (project, kind, name key, version key), and their files. The bytes are elsewhere,
 * and durable before a row here names them. Every write is durable when it resolves, and whole or absent; safe to call
 * concurrently. A file's row never goes, nor do its name, key, digest and size ever change, so that no name is free
 * again; whatever else is written of a project, or changed, raises its revision in the same transaction.
 *
 * A file is *shown* while it is listed, neither deleted nor quarantined itself. A package that is quarantined as a whole
 * (`setStatus`) keeps its shown files: who makes a page asks for the status first.
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
    key: NameKey,
    page: { readonly afterId: number; readonly limit: number },
  ): Promise<readonly StoredFile[]>
  /** As `listFiles`, those that are shown. */
  listShownFiles(
    key: NameKey,
    page: { readonly afterId: number; readonly limit: number },
  ): Promise<readonly StoredFile[]>
  /** The files of all versions, newest first, from the first one that is older than `beforeId`. */
  listFilesBefore(
    key: NameKey,
    page: { readonly beforeId: number; readonly limit: number },
  ): Promise<readonly StoredFile[]>
  /** Shown ones of all packages of a project, newest first, from the first one that is older than `beforeId`. */
  listNewest(
    key: Pick<PackageKey, 'projectId' | 'kind'>,
    page: { readonly beforeId: number; readonly limit: number },
  ): Promise<readonly StoredFile[]>
  /** Name keys of packages that have a shown file, each once, in order, from the first one after `after`; '' begins. */
  listNames(
    key: Pick<PackageKey, 'projectId' | 'kind'>,
    page: { readonly after: string; readonly limit: number },
  ): Promise<readonly string[]>
  /** Ids of the projects that ever had a file of that name, in order, from the first one after `afterId`. */
  listProjectsWith(
    key: Omit<NameKey, 'projectId'>,
    page: { readonly afterId: number; readonly limit: number },
  ): Promise<readonly number[]>
  /** Undefined where the project never had a file of that name. */
  findName(key: NameKey): Promise<PackageName | undefined>
  /** The file as it is now; undefined where there is none of that id. */
  changeFile(id: number, change: FileChange, at: ChangedAt): Promise<StoredFile | undefined>
  /** Every unique file of a version that is not deleted, in one transaction; how many they are. */
  changeVersion(key: PackageKey, change: FileChange, at: ChangedAt): Promise<number>
  /** False where the project never had a file of that name. */
  setStatus(key: NameKey, status: Omit<PackageName, 'name'>, at: ChangedAt): Promise<boolean>
  findForwarding(projectId: number): Promise<Forwarding | undefined>
  setForwarding(projectId: number, setting: ForwardingSetting): Promise<void>
  /** `identicalUploads` is 'accept' before it was set. */
  findPypiSettings(projectId: number): Promise<PypiSettings>
  setPypiSettings(projectId: number, settings: PypiSettings, at: ChangedAt): Promise<void>
  /**
   * A number that every write of the project raises, and nothing else: what was read at one revision still holds at the
   * same. 0 before the first. At least the time of each write, so that another store in this one's place, a new one or
   * an older one put back, does not count through the same numbers again.
   */
  revision(projectId: number): Promise<number>
}
