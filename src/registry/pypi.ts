import type { Project } from '../access/index.ts'
import type { Blob, StagedBlob } from '../base/index.ts'
import { distributionKey, parseFileName, type DistributionName } from '../formats/python/index.ts'
import { openFile, stageCapped } from './content.ts'
import { checkForwarding, forwardedUrl } from './forwarding.ts'
import type { Context } from './ports.ts'
import { publishPypi, pypiKey, type PypiUpload } from './pypi-upload.ts'
import type { AddedFile, Forwarding, StoredFile } from './store.ts'

/** Distributions of projects. The caller has checked that whoever asks may do it in `project`. */
export interface PypiPackages {
  readonly maxFileBytes: number
  /** The content of an upload, before its form is whole. Throws `registry.too-large`. Must be published or discarded. */
  stage(bytes: AsyncIterable<Uint8Array>): Promise<StagedBlob>
  /**
   * Listed and durable when it resolves; the staged content is used up in any case. The same bytes under the same name
   * succeed again. Throws `registry.form`, `registry.mismatch`, `registry.digest-mismatch`, `registry.file-taken`, and
   * what `formats/python` throws.
   */
  publish(project: Project, upload: PypiUpload): Promise<AddedFile>
  /** Normalised names of the project's packages, in order. */
  names(project: Project): AsyncIterable<string>
  /** The shown files of a package, oldest first; none where there is no such package. `name` is normalised. */
  files(project: Project, name: string): AsyncIterable<StoredFile>
  /** Of all packages, newest first, from the first one that is older than the file `beforeId`; at most `limit`. */
  newest(
    project: Project,
    page: { readonly beforeId?: number; readonly limit: number },
  ): Promise<readonly StoredFile[]>
  find(
    project: Project,
    file: { readonly sha256: string; readonly fileName: string },
  ): Promise<StoredFile | undefined>
  open(file: StoredFile): Promise<Blob>
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
  const { store, blobs, clock, limits } = context
  return {
    maxFileBytes: limits.maxPypiFileBytes,
    stage: (bytes) => stageCapped(blobs, bytes, limits.maxPypiFileBytes),
    publish: (project, upload) => publishPypi(context, project, upload),
    names: ({ id: projectId }) =>
      paged('', {
        read: (after, limit) => store.listNames({ projectId, kind: 'pypi' }, { after, limit }),
        after: (name) => name,
      }),
    files: ({ id: projectId }, nameKey) =>
      paged(0, {
        read: (afterId, limit) =>
          store.listShownFiles({ projectId, kind: 'pypi', nameKey }, { afterId, limit }),
        after: ({ id }) => id,
      }),
    newest: ({ id: projectId }, { beforeId = Number.MAX_SAFE_INTEGER, limit }) =>
      store.listNewest({ projectId, kind: 'pypi' }, { beforeId, limit }),
    find: (project, file) => find(context, project, file),
    open: (file) => openFile(context, file),
    setForwarding: (project, forwarding) =>
      store.setForwarding(project.id, {
        forwarding: forwarding === undefined ? undefined : checkForwarding(forwarding),
        setAtMs: clock.nowMs(),
      }),
    forwardedUrl: async (project, name) => forwardedUrl(await store.findForwarding(project.id), name),
    revision: ({ id }) => store.revision(id),
  }
}

const PAGE = 500

interface Pages<Item, Key> {
  readonly read: (after: Key, limit: number) => Promise<readonly Item[]>
  /** Where the page after this item begins. */
  readonly after: (item: Item) => Key
}

async function* paged<Item, Key>(first: Key, { read, after }: Pages<Item, Key>): AsyncGenerator<Item> {
  for (let from = first; ;) {
    const items = await read(from, PAGE)
    yield* items
    const last = items.at(-1)
    if (last === undefined || items.length < PAGE) return
    from = after(last)
  }
}

/** Undefined for what is no file name of a distribution, too: there is none of that name. */
async function find(
  { store }: Context,
  project: Project,
  { sha256, fileName }: { readonly sha256: string; readonly fileName: string },
): Promise<StoredFile | undefined> {
  const file = parseOrUndefined(fileName)
  if (file === undefined) return undefined
  const found = await store.findUnique(pypiKey(project, file), distributionKey(file))
  return found?.fileName === fileName && found.sha256 === sha256 ? found : undefined
}

function parseOrUndefined(fileName: string): DistributionName | undefined {
  try {
    return parseFileName(fileName)
  } catch {
    return undefined
  }
}
