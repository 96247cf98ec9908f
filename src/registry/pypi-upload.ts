import type { StagedBlob } from '../base/index.ts'
import type { Project } from '../access/index.ts'
import {
  distributionKey,
  normalizeName,
  parseFileName,
  parseVersion,
  type DistributionName,
} from '../formats/python/index.ts'
import { registryErrors } from './errors.ts'
import type { Context } from './ports.ts'
import type { AddedFile, Maker, NewFile, PackageKey, StoredFile } from './store.ts'

/** The fields of an upload that count; an enemy wrote them. */
export interface PypiUpload {
  readonly name: string
  readonly version: string
  readonly fileName: string
  readonly sha256Digest: string | undefined
  readonly requiresPython: string | undefined
  readonly content: StagedBlob
  readonly madeBy?: Maker
}

const FIELD_NAMES = { name: 'name', version: 'version', fileName: 'the file name of the content' } as const
/** A form may give the digest in either case. */
const DIGEST = /^[0-9a-f]{64}$/i
/** As in GitLab; it cuts what is longer, and a cut specifier would say something else. */
const REQUIRES_PYTHON = /^[\x20-\x7e]{0,255}$/

/**
 * Life of an upload:
 *
 * 1. The content is staged, hashed on its way. A crash leaves a temporary file, which the next start removes.
 * 2. Names, version and digest are checked against each other, and the name against what was published before.
 * 3. The blob is committed: durable under its digest. A crash leaves a blob that no row names.
 * 4. The row is written, if the distribution's key is still free. From now on the file is listed.
 * 5. The answer. A client that did not get it sends the same bytes again, and they succeed.
 */
export async function publishPypi(
  { store, clock }: Context,
  project: Project,
  upload: PypiUpload,
): Promise<AddedFile> {
  const { content } = upload
  try {
    const file = checkUpload(upload)
    const row = newRow(project, upload, { file, createdAtMs: clock.nowMs() })
    const key = distributionKey(file)
    const before = await store.findUnique(row, key)
    if (before !== undefined) return { file: refuseOthers(before, row), isNew: false }
    await content.commit()
    const added = await store.addUnique(row, key)
    refuseOthers(added.file, row)
    return added
  } finally {
    await content.discard()
  }
}

function checkUpload(upload: PypiUpload): DistributionName {
  const { fileName, content, sha256Digest = '', requiresPython = '' } = upload
  for (const field of ['name', 'version', 'fileName'] as const)
    if (upload[field] === '') throw registryErrors('registry.form', `${FIELD_NAMES[field]} is missing`)
  const file = parseFileName(fileName)
  if (normalizeName(upload.name) !== file.name)
    throw registryErrors(
      'registry.mismatch',
      `the form says package ${upload.name}, but the file is ${fileName}`,
    )
  if (parseVersion(upload.version).key !== file.version.key)
    throw registryErrors(
      'registry.mismatch',
      `the form says version ${upload.version}, but the file is ${fileName}`,
    )
  if (!REQUIRES_PYTHON.test(requiresPython))
    throw registryErrors(
      'registry.form',
      'requires_python is longer than 255 characters, or not printable ASCII',
    )
  checkDigest(content, sha256Digest)
  return file
}

function checkDigest({ sha256 }: StagedBlob, announced: string): void {
  if (announced === '') return
  if (!DIGEST.test(announced))
    throw registryErrors('registry.form', 'sha256_digest is not 64 hexadecimal digits')
  if (announced.toLowerCase() !== sha256)
    throw registryErrors(
      'registry.digest-mismatch',
      `the form says sha256 ${announced}, but the file has ${sha256}`,
    )
}

interface Checked {
  readonly file: DistributionName
  readonly createdAtMs: number
}

function newRow(project: Project, upload: PypiUpload, { file, createdAtMs }: Checked): NewFile {
  const { sha256, size } = upload.content
  return {
    ...pypiKey(project, file),
    name: upload.name,
    version: file.version.normal,
    fileName: file.fileName,
    sha256,
    size,
    requiresPython: upload.requiresPython ?? '',
    metadata: null,
    createdAtMs,
    ...(upload.madeBy === undefined ? {} : { madeBy: upload.madeBy }),
  }
}

export function pypiKey(project: Project, file: DistributionName): PackageKey {
  return { projectId: project.id, kind: 'pypi', nameKey: file.name, versionKey: file.version.key }
}

/** The words "already been taken" and "File already exists" are those by which twine knows this case. */
function refuseOthers(stands: StoredFile, sent: NewFile): StoredFile {
  if (stands.fileName === sent.fileName && stands.sha256 === sent.sha256) return stands
  throw registryErrors(
    'registry.file-taken',
    `Validation failed: File name has already been taken. File already exists: ${stands.fileName} with sha256 ${stands.sha256}; this upload is ${sent.fileName} with sha256 ${sent.sha256}`,
  )
}
