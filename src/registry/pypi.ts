import type { Project } from '../access/index.ts'
import type { Blob } from '../base/index.ts'
import {
  distributionKey,
  isName,
  normalizeName,
  parseFileName,
  type DistributionName,
} from '../formats/python/index.ts'
import type { PypiUpload, StagedUpload } from './check-upload.ts'
import { registryErrors } from './errors.ts'
import { openPart, type FilePart } from './content.ts'
import { checkForwarding, forwardedUrl } from './forwarding.ts'
import { paged } from './paged.ts'
import type { Context } from './ports.ts'
import { publishPypi, pypiKey, stagePypi } from './pypi-upload.ts'
import { shownFiles, shownPackage, type ShownPackage } from './shown.ts'
import type { AddedFile, Forwarding, StoredFile } from './store.ts'

export interface AskedFile {
  readonly fileName: string
  readonly sha256?: string
}

/** Distributions of projects. The caller has checked that whoever asks may do it in `project`. */
export interface PypiPackages {
  readonly maxFileBytes: number
  /** The content of an upload, before its form is whole. Throws `registry.too-large`. Must be published or discarded. */
  stage(bytes: AsyncIterable<Uint8Array>): Promise<StagedUpload>
  /**
   * Listed and durable when it resolves; the staged content is used up in any case. The same bytes under the same name
   * succeed again, unless the settings of the project refuse them. Throws `registry.form`, `registry.mismatch`,
   * `registry.digest-mismatch`, `registry.file-taken`, `registry.file-deleted`, `registry.closed`, and what
   * `formats/python` throws and finds: `python.…`, `distribution.…`.
   */
  publish(project: Project, upload: PypiUpload): Promise<AddedFile>
  /** Normalised names of the project's packages, in order. */
  names(project: Project): AsyncIterable<string>
  /** Of the same, from the first one after `after`; '' begins. At most `limit`. */
  namesAfter(
    project: Project,
    page: { readonly after: string; readonly limit: number },
  ): Promise<readonly string[]>
  /**
   * Files of a package, shown or not, newest first, from the first one that is older than the file `beforeId`; at most
   * `limit`. `name` is normalised.
   */
  filesBefore(
    project: Project,
    name: string,
    page: { readonly beforeId?: number; readonly limit: number },
  ): Promise<readonly StoredFile[]>
  /** The shown files of a package, oldest first; none where there is no such package. `name` is normalised. */
  files(project: Project, name: string): AsyncIterable<StoredFile>
  /** What the index shows of a package; undefined where the project never had a file of it. `name` is normalised. */
  shown(project: Project, name: string): Promise<ShownPackage | undefined>
  /** Ids of all projects that ever had a file of that name, in order. `name` is normalised. */
  projectsWith(name: string): AsyncIterable<number>
  /** Of all packages, newest first, from the first one that is older than the file `beforeId`; at most `limit`. */
  newest(
    project: Project,
    page: { readonly beforeId?: number; readonly limit: number },
  ): Promise<readonly StoredFile[]>
  /** Shown or not. With a digest, only one that has it. */
  find(project: Project, file: AskedFile): Promise<StoredFile | undefined>
  /** The bytes of a file, or what is kept beside it. Throws `registry.quarantined`, `registry.unknown-file`. */
  open(file: StoredFile, part?: FilePart): Promise<Blob>
  /**
   * Where an installer is sent for a package that the project does not have: off until it is set, and only for the names
   * given. Throws `registry.forwarding`, `python.name`.
   */
  setForwarding(project: Project, forwarding: Forwarding | undefined): Promise<void>
  /** `name` is normalised. */
  forwardedUrl(project: Project, name: string): Promise<string | undefined>
  /** Of all that pages are made of: read before them, it says of a page that was made then whether it still holds. */
  revision(project: Project): Promise<number>
}

export function createPypiPackages(context: Context): PypiPackages {
  const { store, clock, limits } = context
  return {
    maxFileBytes: limits.maxPypiFileBytes,
    stage: (bytes) => stagePypi(context, bytes),
    publish: (project, upload) => publish(context, project, upload),
    names: ({ id: projectId }) =>
      paged('', {
        read: (after, limit) => store.listNames({ projectId, kind: 'pypi' }, { after, limit }),
        after: (name) => name,
      }),
    namesAfter: ({ id: projectId }, page) => store.listNames({ projectId, kind: 'pypi' }, page),
    filesBefore: ({ id: projectId }, nameKey, { beforeId = Number.MAX_SAFE_INTEGER, limit }) =>
      store.listFilesBefore({ projectId, kind: 'pypi', nameKey }, { beforeId, limit }),
    files: ({ id: projectId }, nameKey) => shownFiles(store, { projectId, kind: 'pypi', nameKey }),
    shown: ({ id: projectId }, nameKey) => shownPackage(store, { projectId, kind: 'pypi', nameKey }),
    projectsWith: (nameKey) =>
      paged(0, {
        read: (afterId, limit) => store.listProjectsWith({ kind: 'pypi', nameKey }, { afterId, limit }),
        after: (id) => id,
      }),
    newest: ({ id: projectId }, { beforeId = Number.MAX_SAFE_INTEGER, limit }) =>
      store.listNewest({ projectId, kind: 'pypi' }, { beforeId, limit }),
    find: (project, file) => find(context, project, file),
    open: (file, part) => openPart(context, file, part),
    setForwarding: (project, forwarding) =>
      store.setForwarding(project.id, {
        forwarding: forwarding === undefined ? undefined : checkForwarding(forwarding),
        setAtMs: clock.nowMs(),
      }),
    forwardedUrl: async (project, name) => forwardedUrl(await store.findForwarding(project.id), name),
    revision: ({ id }) => store.revision(id),
  }
}

/** What `publishPypi` does, as far as the package and the settings of the project let it. */
async function publish(context: Context, project: Project, upload: PypiUpload): Promise<AddedFile> {
  try {
    await refuseClosed(context, project, upload)
  } catch (error) {
    await upload.content.discard()
    throw error
  }
  const added = await publishPypi(context, project, upload)
  const { fileName, deletedAtMs, sha256 } = added.file
  if (deletedAtMs !== null)
    throw registryErrors('registry.file-deleted', `${fileName} was published before, and deleted`)
  if (added.isNew) return added
  const { identicalUploads } = await context.store.findPypiSettings(project.id)
  if (identicalUploads === 'accept') return added
  // Words of GitLab, by which twine knows the case.
  throw registryErrors(
    'registry.file-taken',
    `Validation failed: File name has already been taken. File already exists: ${fileName} with sha256 ${sha256}, the same as of this upload`,
  )
}

/** PEP 792: neither an archived nor a quarantined package takes files. */
async function refuseClosed({ store }: Context, project: Project, { name }: PypiUpload): Promise<void> {
  if (!isName(name)) return
  const nameKey = normalizeName(name)
  const found = await store.findName({ projectId: project.id, kind: 'pypi', nameKey })
  if (found?.status !== 'archived' && found?.status !== 'quarantined') return
  const why = found.statusReason === '' ? '' : `: ${found.statusReason}`
  throw registryErrors('registry.closed', `package ${nameKey} is ${found.status}${why}`)
}

/** Undefined for what is no file name of a distribution, too: there is none of that name. */
async function find(
  { store }: Context,
  project: Project,
  { sha256, fileName }: AskedFile,
): Promise<StoredFile | undefined> {
  const file = parseOrUndefined(fileName)
  if (file === undefined) return undefined
  const found = await store.findUnique(pypiKey(project, file), distributionKey(file))
  if (found?.fileName !== fileName) return undefined
  return sha256 === undefined || found.sha256 === sha256 ? found : undefined
}

/** Normalised, of the package that a distribution of that file name is of; undefined for what is none. */
export function nameOfFile(fileName: string): string | undefined {
  return parseOrUndefined(fileName)?.name
}

function parseOrUndefined(fileName: string): DistributionName | undefined {
  try {
    return parseFileName(fileName)
  } catch {
    return undefined
  }
}
