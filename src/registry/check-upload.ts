import { reworded, type StagedBlob, type WheelsealError } from '../base/index.ts'
import { checkDistribution, sameSpecifier } from '../formats/python/archive/index.ts'
import { normalizeName, parseFileName, parseVersion, type DistributionName } from '../formats/python/index.ts'
import { registryErrors } from './errors.ts'
import type { Maker } from './store.ts'

/** What arrived, with the digests that a client may announce. */
export interface StagedUpload extends StagedBlob {
  /** Lower-case hex. */
  readonly md5: string
}

/** The fields of an upload that count; an enemy wrote them. Undefined or empty where the form lacks them. */
export interface PypiUpload {
  readonly action?: string | undefined
  readonly protocolVersion?: string | undefined
  readonly fileType?: string | undefined
  readonly name: string
  readonly version: string
  readonly fileName: string
  readonly md5Digest?: string | undefined
  readonly sha256Digest: string | undefined
  readonly requiresPython: string | undefined
  /** The field of PEP 740. */
  readonly attestations?: string | undefined
  readonly content: StagedUpload
  readonly madeBy?: Maker
}

const FIELD_NAMES = { name: 'name', version: 'version', fileName: 'the file name of the content' } as const
/** As in GitLab; it cuts what is longer, and a cut specifier would say something else. */
const REQUIRES_PYTHON = /^[\x20-\x7e]{0,255}$/
const FILE_TYPES = { wheel: 'bdist_wheel', sdist: 'sdist' } as const

/** The form against itself and the digests. Throws `registry.form`, `registry.mismatch`, `registry.digest-mismatch`. */
export function checkForm(upload: PypiUpload): DistributionName {
  const { fileName, content, requiresPython = '' } = upload
  checkProtocol(upload)
  for (const field of ['name', 'version', 'fileName'] as const)
    if (upload[field] === '') throw registryErrors('registry.form', `${FIELD_NAMES[field]} is missing`)
  const file = parseFileName(fileName)
  checkNames(upload, file)
  if (!REQUIRES_PYTHON.test(requiresPython))
    throw registryErrors(
      'registry.form',
      'requires_python is longer than 255 characters, or not printable ASCII',
    )
  checkDigest(upload.sha256Digest, { algorithm: 'sha256', digest: content.sha256 })
  checkDigest(upload.md5Digest, { algorithm: 'md5', digest: content.md5 })
  return file
}

/** Clients of the upload API always say the same; others need not. */
function checkProtocol({ action = '', protocolVersion = '' }: PypiUpload): void {
  if (action !== '' && action !== 'file_upload')
    throw registryErrors('registry.form', `the action is ${action}; only file_upload is known`)
  if (protocolVersion !== '' && protocolVersion !== '1')
    throw registryErrors('registry.form', `the protocol version is ${protocolVersion}; only 1 is known`)
}

function checkNames({ name, version, fileName, fileType = '' }: PypiUpload, file: DistributionName): void {
  if (normalizeName(name) !== file.name)
    throw registryErrors('registry.mismatch', `the form says package ${name}, but the file is ${fileName}`)
  if (parseVersion(version).key !== file.version.key)
    throw registryErrors('registry.mismatch', `the form says version ${version}, but the file is ${fileName}`)
  if (fileType !== '' && fileType !== FILE_TYPES[file.kind])
    throw registryErrors(
      'registry.mismatch',
      `the form says filetype ${fileType}, but the file is ${fileName}`,
    )
}

interface Computed {
  readonly algorithm: 'md5' | 'sha256'
  readonly digest: string
}

/** A form may give a digest in either case. */
function checkDigest(announced = '', { algorithm, digest }: Computed): void {
  if (announced === '') return
  if (announced.length !== digest.length || !/^[0-9a-f]*$/i.test(announced))
    throw registryErrors('registry.form', `${algorithm}_digest is not ${digest.length} hexadecimal digits`)
  if (announced.toLowerCase() !== digest)
    throw registryErrors(
      'registry.digest-mismatch',
      `the form says ${algorithm} ${announced}, but the file has ${digest}`,
    )
}

/** What the distribution says of itself, which is what is served of it. */
export interface OwnMetadata {
  /** METADATA or PKG-INFO. */
  readonly bytes: Uint8Array
  /** '' where it says nothing. */
  readonly requiresPython: string
}

/** The content against the form. Throws the first `distribution.…` of its findings, and `registry.mismatch`. */
export async function checkContent({
  fileName,
  content,
  requiresPython = '',
}: PypiUpload): Promise<OwnMetadata> {
  const { findings, metadata } = await checkDistribution(fileName, content)
  const [first] = findings
  if (first !== undefined || metadata === undefined) throw refusal(fileName, findings)
  const own = metadata.core.requiresPython ?? ''
  if (requiresPython !== '' && !sameSpecifier(requiresPython, own))
    throw registryErrors(
      'registry.mismatch',
      `the form says requires_python ${requiresPython}, but the metadata in ${fileName} says ${own === '' ? 'nothing' : own}`,
    )
  return { bytes: metadata.bytes, requiresPython: own }
}

/** One refusal tells one reason; the command tells all. */
function refusal(fileName: string, findings: readonly WheelsealError[]): WheelsealError {
  const [first, ...more] = findings
  if (first === undefined) return registryErrors('registry.mismatch', `${fileName} has no metadata`)
  const others = more.length === 0 ? '' : ` (and ${more.length} more)`
  return reworded(first, {
    fact: `${fileName}: ${first.message}${others}`,
    hint: `${first.hint}; 'wheelseal check-dist ${fileName}' lists everything that is wrong`,
  })
}
