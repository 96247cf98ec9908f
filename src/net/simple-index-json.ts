import { parseJson, type JsonValue } from '../base/index.ts'
import { netErrors } from './errors.ts'
import {
  checkedFileName,
  checkedSha256,
  checkedUrl,
  MAX_FILES,
  sha256OfFragment,
  withoutFragment,
  type IndexedFile,
  type SimplePage,
} from './simple-index-page.ts'

const LIMITS = { maxLength: 32 << 20, maxDepth: 8 }

/** PEP 691, with the keys of PEP 700 (size, upload-time), 592 and 740. Throws `net.reply`, `base.json`. */
export function readJsonPage(text: string, url: URL): SimplePage {
  const page = parseJson(text, LIMITS)
  if (!isObject(page) || !isObject(page['meta']) || !Array.isArray(page['files']))
    throw netErrors('net.reply', 'it has no meta or no list of files')
  const version = page['meta']['api-version']
  if (typeof version !== 'string' || !/^1\.\d{1,4}$/.test(version))
    throw netErrors('net.reply', 'its api-version is not 1.x')
  const files: readonly JsonValue[] = page['files']
  if (files.length > MAX_FILES) throw netErrors('net.reply', `it has more than ${MAX_FILES} files`)
  return {
    format: 'json',
    ...readStatus(page['project-status']),
    files: files.map((file) => readFile(file, url)),
  }
}

type JsonObject = Readonly<Record<string, JsonValue>>

function readFile(file: JsonValue, page: URL): IndexedFile {
  if (!isObject(file)) throw netErrors('net.reply', 'an entry of files is not an object')
  const url = checkedUrl(required(file, 'url'), page)
  const provenance = optional(file, 'provenance')
  return {
    fileName: checkedFileName(required(file, 'filename')),
    url: withoutFragment(url),
    sha256: sha256Of(file, url),
    sizeBytes: sizeOf(file['size']),
    uploadTime: optional(file, 'upload-time'),
    requiresPython: optional(file, 'requires-python'),
    yanked: yankedOf(file['yanked']),
    provenanceUrl: provenance === undefined ? undefined : checkedUrl(provenance, page).href,
  }
}

/** PEP 792. */
function readStatus(marker: JsonValue | undefined): Pick<SimplePage, 'status' | 'statusReason'> {
  if (marker === undefined || marker === null) return { status: undefined, statusReason: undefined }
  if (!isObject(marker)) throw netErrors('net.reply', 'the project-status is not an object')
  return { status: optional(marker, 'status'), statusReason: optional(marker, 'reason') }
}

/** Throws where the key and the fragment of the URL do not agree. */
function sha256Of(file: JsonObject, url: URL): string | undefined {
  const hashes = file['hashes'] ?? {}
  if (!isObject(hashes)) throw netErrors('net.reply', 'the hashes of a file are not an object')
  const stated = checkedSha256(optional(hashes, 'sha256'))
  const inUrl = sha256OfFragment(url)
  if (stated !== undefined && inUrl !== undefined && stated !== inUrl)
    throw netErrors('net.reply', 'a file has two different sha256')
  return stated ?? inUrl
}

function sizeOf(value: JsonValue | undefined): number | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw netErrors('net.reply', 'a size is not a whole number')
}

/** `true`, or the reason. */
function yankedOf(value: JsonValue | undefined): string | undefined {
  if (value === undefined || value === null || value === false) return undefined
  if (value === true) return ''
  if (typeof value === 'string') return value
  throw netErrors('net.reply', 'yanked is neither a boolean nor a reason')
}

function required(object: JsonObject, key: string): string {
  const value = optional(object, key)
  if (value === undefined) throw netErrors('net.reply', `a file has no ${key}`)
  return value
}

function optional(object: JsonObject, key: string): string | undefined {
  const value = object[key]
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return value
  throw netErrors('net.reply', `the ${key} is not a string`)
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
