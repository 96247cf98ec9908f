import type { Project } from '../access/index.ts'
import { baseErrors, type Blob, type Blobs, type Clock, type StagedBlob } from '../base/index.ts'
import { checkForwarding, forwardedUrl } from './forwarding.ts'
import { findGeneric, putGeneric, type GenericPlace } from './generic.ts'
import { DEFAULT_LIMITS, stageCapped, type RegistryLimits } from './limits.ts'
import { findPypiFile, publishPypi, type PypiUpload } from './pypi.ts'
import type { AddedFile, Forwarding, RegistryStore, StoredFile } from './store.ts'

export interface RegistryParts {
  readonly store: RegistryStore
  readonly blobs: Blobs
  readonly clock: Clock
}

/** The caller has checked that whoever asks may do it in `project`. */
export interface Registry {
  readonly limits: RegistryLimits
  /** The content of an upload, before its form is whole. Throws `registry.too-large`. Must be published or discarded. */
  stagePypi(bytes: AsyncIterable<Uint8Array>): Promise<StagedBlob>
  /**
   * Listed and durable when it resolves; the staged content is used up in any case. The same bytes under the same name
   * succeed again. Throws `registry.form`, `registry.mismatch`, `registry.digest-mismatch`, `registry.file-taken`, and
   * what `formats/python` throws.
   */
  publishPypi(project: Project, upload: PypiUpload): Promise<AddedFile>
  /** Normalised names of the project's packages, in order. */
  pypiNames(project: Project): AsyncIterable<string>
  /** All files of a package, oldest first; none where there is no such package. `name` is normalised. */
  pypiFiles(project: Project, name: string): AsyncIterable<StoredFile>
  /** Of all packages, newest first, from the first one that is older than the file `beforeId`; at most `limit`. */
  newestPypiFiles(
    project: Project,
    page: { readonly beforeId?: number; readonly limit: number },
  ): Promise<readonly StoredFile[]>
  findPypiFile(
    project: Project,
    file: { readonly sha256: string; readonly fileName: string },
  ): Promise<StoredFile | undefined>
  /**
   * Durable when it resolves. Each upload is kept; the newest is served. Throws `registry.generic-name` before it reads
   * anything, `registry.too-large`.
   */
  putGeneric(
    project: Project,
    file: GenericPlace & { readonly bytes: AsyncIterable<Uint8Array> },
  ): Promise<AddedFile>
  /** Throws `registry.generic-name`. */
  findGeneric(project: Project, place: GenericPlace): Promise<StoredFile | undefined>
  openFile(file: StoredFile): Promise<Blob>
  /**
   * Where an installer is sent for a package that the project does not have: off until it is set, and only for the names
   * given. Throws `registry.forwarding`, `python.name`.
   */
  setForwarding(project: Project, forwarding: Forwarding | undefined): Promise<void>
  /** `name` is normalised. */
  forwardedUrl(project: Project, name: string): Promise<string | undefined>
}

const PAGE = 500

export function createRegistry(
  parts: RegistryParts & { readonly limits?: Partial<RegistryLimits> },
): Registry {
  const { store, blobs } = parts
  const limits = { ...DEFAULT_LIMITS, ...parts.limits }
  return {
    limits,
    stagePypi: (bytes) => stageCapped(blobs, bytes, limits.maxPypiFileBytes),
    publishPypi: (project, upload) => publishPypi(parts, project, upload),
    pypiNames: (project) => eachName(store, project),
    pypiFiles: (project, name) => eachFile(store, project, name),
    newestPypiFiles: ({ id: projectId }, { beforeId = Number.MAX_SAFE_INTEGER, limit }) =>
      store.listNewest({ projectId, kind: 'pypi' }, { beforeId, limit }),
    findPypiFile: (project, file) => findPypiFile(parts, project, file),
    putGeneric: (project, file) => putGeneric({ ...parts, limits }, project, file),
    findGeneric: (project, place) => findGeneric(parts, project, place),
    openFile: (file) => openFile(blobs, file),
    setForwarding: async (project, forwarding) =>
      store.setForwarding(project.id, forwarding === undefined ? undefined : checkForwarding(forwarding)),
    forwardedUrl: async (project, name) => forwardedUrl(await store.findForwarding(project.id), name),
  }
}

async function* eachName(store: RegistryStore, project: Project): AsyncGenerator<string> {
  let after = ''
  for (;;) {
    const names = await store.listNames({ projectId: project.id, kind: 'pypi' }, { after, limit: PAGE })
    yield* names
    const last = names.at(-1)
    if (last === undefined || names.length < PAGE) return
    after = last
  }
}

async function* eachFile(
  store: RegistryStore,
  project: Project,
  nameKey: string,
): AsyncGenerator<StoredFile> {
  let afterId = 0
  for (;;) {
    const files = await store.listFiles(
      { projectId: project.id, kind: 'pypi', nameKey },
      { afterId, limit: PAGE },
    )
    yield* files
    const last = files.at(-1)
    if (last === undefined || files.length < PAGE) return
    afterId = last.id
  }
}

/** A row is only written when its blob is durable; one that is missing is damage, not an answer. */
async function openFile(blobs: Blobs, { id, fileName, sha256, size }: StoredFile): Promise<Blob> {
  const blob = await blobs.open(sha256, size)
  if (blob !== undefined) return blob
  throw baseErrors('base.blob-damaged', `the bytes of ${fileName} (file ${id}) are missing: sha256 ${sha256}`)
}
