import { parseJson, type JsonValue } from '../../../base/index.ts'
import {
  checkedFileName,
  checkedSha256,
  checkedUrl,
  Links,
  malformed,
  sha256OfFragment,
  uploadTimeMs,
  withoutFragment,
  type IndexedFile,
  type IndexedProvenance,
  type ReadOptions,
  type SimplePage,
} from './read-page.ts'

const LIMITS = { maxLength: 32 << 20, maxDepth: 8 }
/** A file of PyPI has 14, its versions one each. */
const VALUES_PER_FILE = 40
const VALUES_BESIDE = 1000

/** PEP 691, with the keys of PEP 700 (size, upload-time), 592, 714, 740 and 792. Throws `python.index-page`, `base.json`, `base.too-large`. */
export function readJsonPage(text: string, options: ReadOptions): SimplePage {
  const { url, maxFiles } = options
  const page = parseJson(text, { ...LIMITS, maxValues: VALUES_BESIDE + VALUES_PER_FILE * maxFiles })
  if (!isObject(page) || !isObject(page['meta']) || !Array.isArray(page['files']))
    throw malformed('it has no meta or no list of files')
  const version = page['meta']['api-version']
  if (typeof version !== 'string' || !/^1\.\d{1,4}$/.test(version))
    throw malformed('its api-version is not 1.x')
  const files: readonly JsonValue[] = page['files']
  if (files.length > maxFiles) throw malformed(`it has more than ${maxFiles} files`)
  const links = new Links(options)
  for (const file of files) links.add(() => readFile(file, url))
  return {
    format: 'json',
    ...readStatus(page['project-status']),
    serial: serialOf(page['meta']['_last-serial']),
    files: links.files,
    unread: links.unread,
  }
}

type JsonObject = Readonly<Record<string, JsonValue>>

/** A key of PyPI's own (PEP 691 leaves those with a line below to servers), which some mirrors write as a text: nobody's page is refused for it. */
function serialOf(value: JsonValue | undefined): number | undefined {
  const serial = typeof value === 'string' && /^[0-9]{1,15}$/.test(value) ? Number(value) : value
  return typeof serial === 'number' && Number.isSafeInteger(serial) && serial >= 0 ? serial : undefined
}

function readFile(file: JsonValue, page: URL): IndexedFile {
  if (!isObject(file)) throw malformed('an entry of files is not an object')
  const url = checkedUrl(required(file, 'url'), page)
  const uploaded = file['upload-time']
  return {
    fileName: checkedFileName(required(file, 'filename')),
    url: withoutFragment(url),
    sha256: sha256Of(file, url),
    sizeBytes: wholeNumber(file['size'], 'size'),
    uploadedAtMs: typeof uploaded === 'string' ? uploadTimeMs(uploaded) : undefined,
    requiresPython: optional(file, 'requires-python'),
    yanked: yankedOf(file['yanked']),
    provenance: provenanceOf(file, page),
    ...metadataOf(file),
  }
}

/** PEP 792. */
function readStatus(marker: JsonValue | undefined): Pick<SimplePage, 'status' | 'statusReason'> {
  if (marker === undefined || marker === null) return { status: undefined, statusReason: undefined }
  if (!isObject(marker)) throw malformed('the project-status is not an object')
  return { status: optional(marker, 'status'), statusReason: optional(marker, 'reason') }
}

/** Throws where the key and the fragment of the URL do not agree. */
function sha256Of(file: JsonObject, url: URL): string | undefined {
  const hashes = file['hashes'] ?? {}
  if (!isObject(hashes)) throw malformed('the hashes of a file are not an object')
  const stated = checkedSha256(optional(hashes, 'sha256'))
  const inUrl = sha256OfFragment(url)
  if (stated !== undefined && inUrl !== undefined && stated !== inUrl)
    throw malformed('a file has two different sha256')
  return stated ?? inUrl
}

function wholeNumber(value: JsonValue | undefined, what: string): number | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw malformed(`a ${what} is not a whole number`)
}

/** `true`, or the reason. */
function yankedOf(value: JsonValue | undefined): string | undefined {
  if (value === undefined || value === null || value === false) return undefined
  if (value === true) return ''
  if (typeof value === 'string') return value
  throw malformed('yanked is neither a boolean nor a reason')
}

/** A key with null says that there is none; a mirror that never copies the key says nothing. */
function provenanceOf(file: JsonObject, page: URL): IndexedProvenance {
  if (file['provenance'] === null) return { kind: 'none' }
  const url = optional(file, 'provenance')
  return url === undefined ? { kind: 'unsaid' } : { kind: 'at', url: checkedUrl(url, page).href }
}

/** PEP 714: where the new key is there, the old ones do not count. */
const METADATA_KEYS = ['core-metadata', 'dist-info-metadata', 'data-dist-info-metadata']

function metadataOf(file: JsonObject): Pick<IndexedFile, 'offersMetadata' | 'metadataSha256'> {
  const key = METADATA_KEYS.find((one) => one in file)
  const value = key === undefined ? false : (file[key] ?? false)
  if (typeof value === 'boolean') return { offersMetadata: value, metadataSha256: undefined }
  if (!isObject(value)) throw malformed('core-metadata is neither a boolean nor hashes')
  return { offersMetadata: true, metadataSha256: checkedSha256(optional(value, 'sha256')) }
}

function required(object: JsonObject, key: string): string {
  const value = optional(object, key)
  if (value === undefined) throw malformed(`a file has no ${key}`)
  return value
}

function optional(object: JsonObject, key: string): string | undefined {
  const value = object[key]
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return value
  throw malformed(`the ${key} is not a string`)
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
