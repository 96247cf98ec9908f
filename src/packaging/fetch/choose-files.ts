import { WheelsealError } from '../../base/index.ts'
import { distributionKey, parseFileName, type DistributionName } from '../../formats/python/index.ts'
import { fetchErrors } from './errors.ts'
import type { ListedFile, Listing } from './listing.ts'
import type { Requirement } from './requirement.ts'

/** A release of numpy has about a hundred. */
const MAX_FILES = 1000
/** GitLab's own limit for one file; what a whole release may have. */
export const MAX_FILE_BYTES = 5 * 2 ** 30
export const MAX_RELEASE_BYTES = 20 * 2 ** 30

export interface ChosenFile extends ListedFile {
  readonly kind: DistributionName['kind']
  /** 64 lower-case hex digits. */
  readonly sha256: string
}

/**
 * Every wheel and sdist of exactly this version, each once, in the page's order. What carries another name or version is
 * passed over: a name that this page has no right to is never asked for. Throws `packaging.absent`, `.quarantined`,
 * `.ambiguous`, `.no-digest`, `.too-many`.
 */
export function chooseFiles(listing: Listing, requirement: Requirement): readonly ChosenFile[] {
  checkStatus(listing, requirement)
  const chosen = new Map<string, ChosenFile>()
  let bytes = 0
  for (const file of listing.files) {
    const name = nameOf(file)
    if (name?.name !== requirement.name || name.version.key !== requirement.version.key) continue
    const one = checked(file, name.kind)
    if (isNew(one, chosen.get(distributionKey(name)))) chosen.set(distributionKey(name), one)
    bytes += one.sizeBytes ?? 0
    checkAmount(chosen.size, bytes)
  }
  if (chosen.size > 0) return [...chosen.values()]
  throw fetchErrors('packaging.absent', `the index has no wheel and no sdist of ${requirement.text}`)
}

function checkStatus({ status, statusReason = '' }: Listing, { name }: Requirement): void {
  if (status !== 'quarantined') return
  const reason = statusReason === '' ? '' : `: ${statusReason.slice(0, 300)}`
  throw fetchErrors('packaging.quarantined', `${name} is quarantined${reason}`)
}

/** Undefined for what is no distribution: an egg, an installer, a path. */
function nameOf({ fileName }: ListedFile): DistributionName | undefined {
  try {
    return parseFileName(fileName)
  } catch (error) {
    if (error instanceof WheelsealError) return undefined
    throw error
  }
}

const SHA256 = /^[0-9a-f]{64}$/

function checked(file: ListedFile, kind: ChosenFile['kind']): ChosenFile {
  const { sha256, fileName, sizeBytes = 0 } = file
  if (sha256 === undefined || !SHA256.test(sha256))
    throw fetchErrors('packaging.no-digest', `${fileName} has no SHA-256 digest in the index`)
  if (sizeBytes > MAX_FILE_BYTES)
    throw fetchErrors(
      'packaging.too-many',
      `${fileName} has ${sizeBytes} bytes; the limit is ${MAX_FILE_BYTES}`,
    )
  return { ...file, kind, sha256 }
}

/** The same file twice is one; another spelling, or other bytes, is a question that nobody here can answer. */
function isNew(file: ChosenFile, known: ChosenFile | undefined): boolean {
  if (known === undefined) return true
  if (known.fileName === file.fileName && known.sha256 === file.sha256) return false
  const fact =
    known.fileName === file.fileName
      ? `${file.fileName} is listed twice, with different digests`
      : `${known.fileName} and ${file.fileName} are names of one distribution`
  throw fetchErrors('packaging.ambiguous', fact)
}

function checkAmount(files: number, bytes: number): void {
  if (files > MAX_FILES)
    throw fetchErrors('packaging.too-many', `the version has more than ${MAX_FILES} files`)
  if (bytes > MAX_RELEASE_BYTES)
    throw fetchErrors('packaging.too-many', `the version has more than ${MAX_RELEASE_BYTES} bytes`)
}
