import type { Project } from '../access/index.ts'
import type { Blob, StagedBlob } from '../base/index.ts'
import { openFile, stageCapped } from './content.ts'
import { registryErrors } from './errors.ts'
import { checkGenericPlace, keptName, sideFileOf, type GenericPlace } from './generic-place.ts'
import type { GenericStore, NewGenericFile } from './generic-store.ts'
import type { Context } from './ports.ts'
import type { AddedFile, Maker, PackageKey, StoredFile } from './store.ts'

export type GenericUpload = GenericPlace & {
  readonly bytes: AsyncIterable<Uint8Array>
  /** What the client says of the bytes: hex, in either case. */
  readonly sha256Digest?: string | undefined
  readonly isHidden?: boolean | undefined
  readonly madeBy?: Maker
}

/** Generic files of projects. The caller has checked that whoever asks may do it in `project`. */
export interface GenericPackages {
  readonly maxFileBytes: number
  /**
   * Durable when it resolves; the same bytes under the same name succeed again. Other bytes are refused, except for the
   * signature, certificate, bundle or attestation of a distribution, of which each upload is kept, and in a project that
   * allows duplicates. Throws `registry.generic-name` and `registry.form` before it reads anything,
   * `registry.too-large`, `registry.digest-mismatch`, `registry.generic-taken`.
   */
  put(project: Project, upload: GenericUpload): Promise<AddedFile>
  /** What is served there. Throws `registry.generic-name`. */
  find(project: Project, place: GenericPlace): Promise<StoredFile | undefined>
  open(file: StoredFile): Promise<Blob>
  /** Whether other bytes under a used name are kept beside the first and served from then on, as GitLab does. */
  duplicatesAllowed(project: Project): Promise<boolean>
  setDuplicates(project: Project, allowed: 'allowed' | 'refused'): Promise<void>
}

export function createGenericPackages(context: Context): GenericPackages {
  const { generic, limits, clock } = context
  return {
    maxFileBytes: limits.maxGenericFileBytes,
    put: (project, upload) => put(context, project, upload),
    find: async (project, place) => {
      checkGenericPlace(place)
      const newest = await findServed(generic, genericKey(project, place), keptName(place))
      return newest === undefined ? undefined : (context.seals?.served(project, place, newest) ?? newest)
    },
    open: (file) => openFile(context, file),
    duplicatesAllowed: ({ id }) => generic.duplicatesAllowed(id),
    setDuplicates: ({ id }, allowed) =>
      generic.setDuplicates(id, { allowed: allowed === 'allowed', atMs: clock.nowMs() }),
  }
}

/** Which of the files of one name is served: the newest. The one place that decides it. */
function findServed(store: GenericStore, key: PackageKey, fileName: string): Promise<StoredFile | undefined> {
  return store.findServed(key, fileName)
}

/** The steps are those of a PyPI upload (`pypi-upload.ts`). */
async function put(context: Context, project: Project, upload: GenericUpload): Promise<AddedFile> {
  checkGenericPlace(upload)
  const announced = readDigest(upload.sha256Digest)
  const content = await stageCapped(context.blobs, upload.bytes, context.limits.maxGenericFileBytes)
  try {
    checkDigest(content, announced)
    const row = rowOf(project, upload, { ...content, atMs: context.clock.nowMs() })
    const added = await keep(context, content, row)
    await context.seals?.put(project, upload, { file: added.file, putBy: upload.madeBy?.userId ?? 0 })
    return added
  } finally {
    await content.discard()
  }
}

async function keep({ generic }: Context, content: StagedBlob, row: NewGenericFile): Promise<AddedFile> {
  if (await isKeptBeside(generic, row)) {
    await content.commit()
    return generic.addBeside(row)
  }
  const last = await generic.findLast(row, row.fileName)
  if (last !== undefined) refuseOthers(last, row)
  await content.commit()
  const added = await generic.addFirst(row)
  refuseOthers(added.file, row)
  return added
}

/** Garbage that came first must not keep the real signature out, so side files are lists (`sideFileOf`). */
async function isKeptBeside(store: GenericStore, { projectId, fileName }: NewGenericFile): Promise<boolean> {
  return sideFileOf(fileName) !== undefined || (await store.duplicatesAllowed(projectId))
}

/** GitLab's sentence, and why. */
function refuseOthers(stands: StoredFile, sent: NewGenericFile): void {
  if (stands.sha256 === sent.sha256) return
  const state = stands.deletedAtMs === null ? 'has' : 'was deleted and had'
  throw registryErrors(
    'registry.generic-taken',
    `Duplicate package is not allowed: ${sent.name}/${sent.version}/${sent.fileName} ${state} sha256 ${stands.sha256}; this upload has ${sent.sha256}`,
  )
}

const DIGEST = /^[0-9a-f]{64}$/i

function readDigest(announced: string | undefined): string | undefined {
  if (announced === undefined || DIGEST.test(announced)) return announced?.toLowerCase()
  throw registryErrors('registry.form', 'X-Checksum-SHA256 is not 64 hexadecimal digits')
}

function checkDigest({ sha256 }: StagedBlob, announced: string | undefined): void {
  if (announced === undefined || announced === sha256) return
  throw registryErrors(
    'registry.digest-mismatch',
    `X-Checksum-SHA256 says sha256 ${announced}, but the file has ${sha256}`,
  )
}

function rowOf(
  project: Project,
  { name, version, isHidden, madeBy, ...place }: GenericUpload,
  { sha256, size, atMs }: { readonly sha256: string; readonly size: number; readonly atMs: number },
): NewGenericFile {
  return {
    ...genericKey(project, { name, version }),
    name,
    version,
    fileName: keptName({ name, version, fileName: place.fileName }),
    sha256,
    size,
    requiresPython: null,
    metadata: null,
    createdAtMs: atMs,
    ...(madeBy === undefined ? {} : { madeBy }),
    isHidden,
  }
}

function genericKey(project: Project, { name, version }: Omit<GenericPlace, 'fileName'>): PackageKey {
  return { projectId: project.id, kind: 'generic', nameKey: name, versionKey: version }
}
