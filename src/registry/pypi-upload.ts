import { createHash } from 'node:crypto'
import type { Blobs } from '../base/index.ts'
import type { Project } from '../access/index.ts'
import { distributionKey, type DistributionName } from '../formats/python/index.ts'
import {
  checkContent,
  checkForm,
  type OwnMetadata,
  type PypiUpload,
  type StagedUpload,
} from './check-upload.ts'
import { stageCapped } from './content.ts'
import { registryErrors } from './errors.ts'
import type { Context } from './ports.ts'
import type { AddedFile, BlobReference, NewFile, PackageKey, StoredFile } from './store.ts'

/** Throws `registry.too-large`; nothing is left behind. */
export async function stagePypi(
  { blobs, limits }: Context,
  bytes: AsyncIterable<Uint8Array>,
): Promise<StagedUpload> {
  const md5 = createHash('md5')
  async function* hashed(): AsyncGenerator<Uint8Array> {
    for await (const chunk of bytes) {
      md5.update(chunk)
      yield chunk
    }
  }
  return { ...(await stageCapped(blobs, hashed(), limits.maxPypiFileBytes)), md5: md5.digest('hex') }
}

/**
 * Life of an upload:
 *
 * 1. The content is staged, hashed on its way. A crash leaves a temporary file, which the next start removes.
 * 2. Names, version and digests are checked against each other, and the name against what was published before.
 * 3. The content is read and judged, and what the form says of it.
 * 4. The blobs are committed, of a wheel's metadata and of the file: durable under their digests. A crash leaves blobs
 *    that no row names.
 * 5. The row is written, if the distribution's key is still free. From now on the file is listed.
 * 6. The answer. A client that did not get it sends the same bytes again, and they succeed.
 */
export async function publishPypi(
  context: Context,
  project: Project,
  upload: PypiUpload,
): Promise<AddedFile> {
  const { content } = upload
  try {
    const file = checkForm(upload)
    const before = await context.store.findUnique(pypiKey(project, file), distributionKey(file))
    if (before === undefined) return await publishNew(context, project, { upload, file })
    refuseOthers(before, upload)
    const accepted = await acceptedAttestations(context, project, upload)
    return await listed(context, project, { add: async () => ({ file: before, isNew: false }), accepted })
  } finally {
    await content.discard()
  }
}

interface Named {
  readonly upload: PypiUpload
  readonly file: DistributionName
}

async function publishNew(context: Context, project: Project, { upload, file }: Named): Promise<AddedFile> {
  const own = await context.inTurn(() => checkContent(upload))
  const accepted = await acceptedAttestations(context, project, upload)
  const metadata = file.kind === 'wheel' ? await keep(context.blobs, own.bytes) : null
  await upload.content.commit()
  const row = newRow(project, upload, { file, own, metadata, createdAtMs: context.clock.nowMs() })
  const add = async (isListed: boolean): Promise<AddedFile> => {
    const added = await context.store.addUnique({ ...row, isListed }, distributionKey(file))
    refuseOthers(added.file, upload)
    return added
  }
  return listed(context, project, { add, accepted })
}

async function acceptedAttestations(
  { seals }: Context,
  project: Project,
  { fileName, content, attestations }: PypiUpload,
): Promise<Uint8Array | undefined> {
  return seals?.checkAttestations(project, { fileName, sha256: content.sha256 }, attestations)
}

interface Listing {
  readonly add: (isListed: boolean) => Promise<AddedFile>
  readonly accepted: Uint8Array | undefined
}

/** At once, or when a seal of it satisfies the project's publish rule. */
function listed({ seals }: Context, project: Project, { add, accepted }: Listing): Promise<AddedFile> {
  return seals === undefined ? add(true) : seals.published(project, add, accepted)
}

async function keep(blobs: Blobs, bytes: Uint8Array): Promise<BlobReference> {
  const staged = await blobs.stage(once(bytes), bytes.length)
  try {
    await staged.commit()
    return { sha256: staged.sha256, size: staged.size }
  } finally {
    await staged.discard()
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

interface Checked {
  readonly file: DistributionName
  readonly own: OwnMetadata
  /** Null for an sdist: what its PKG-INFO says may still change when it is built, and installers would believe it. */
  readonly metadata: BlobReference | null
  readonly createdAtMs: number
}

function newRow(
  project: Project,
  upload: PypiUpload,
  { file, own, metadata, createdAtMs }: Checked,
): NewFile {
  const { sha256, size } = upload.content
  return {
    ...pypiKey(project, file),
    name: upload.name,
    version: file.version.normal,
    fileName: file.fileName,
    sha256,
    size,
    requiresPython: own.requiresPython,
    metadata,
    createdAtMs,
    ...(upload.madeBy === undefined ? {} : { madeBy: upload.madeBy }),
  }
}

export function pypiKey(project: Project, file: DistributionName): PackageKey {
  return { projectId: project.id, kind: 'pypi', nameKey: file.name, versionKey: file.version.key }
}

/** The words "already been taken" and "File already exists" are those by which twine knows this case. */
function refuseOthers(stands: StoredFile, { fileName, content }: PypiUpload): StoredFile {
  if (stands.fileName === fileName && stands.sha256 === content.sha256) return stands
  throw registryErrors(
    'registry.file-taken',
    `Validation failed: File name has already been taken. File already exists: ${stands.fileName} with sha256 ${stands.sha256}; this upload is ${fileName} with sha256 ${content.sha256}`,
  )
}
