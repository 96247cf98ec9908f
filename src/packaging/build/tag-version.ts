import { WheelsealError } from '../../base/index.ts'
import { normalizeName, parseVersion } from '../../formats/python/index.ts'
import { packagingErrors } from '../errors.ts'
import type { BuiltNames } from './built-files.ts'

/** Words before a version that say nothing of which package it is. */
const PLAIN_PREFIXES: ReadonlySet<string> = new Set(['', 'v', 'version', 'ver', 'release', 'rel'])
/** `hello-tools-v1.2.0`: prefix and version, from every place where a version may begin. */
const SEPARATORS = /[-_/@]/g
/** Without a dot it is `v2`, which moves along, or a date. */
const VERSION = /^v?\d+\.\d/i
/** As git's. */
const MAX_TAG_LENGTH = 255

/**
 * The version that a release tag names for the package: of `v1.2.0`, `1.2.0`, `release-1.2.0`, `hello-tools-1.2.0`,
 * `hello-tools/v1.2.0`. Undefined for a tag that names none, or one of another package.
 */
export function versionOfTag(tag: string, name: string): string | undefined {
  if (tag.length > MAX_TAG_LENGTH) return undefined
  const starts = [0, ...Array.from(tag.matchAll(SEPARATORS), ({ index }) => index + 1)]
  const start = starts.find((at) => isVersion(tag.slice(at)))
  if (start === undefined) return undefined
  const prefix = tag.slice(0, Math.max(0, start - 1)).toLowerCase()
  const isOwn = PLAIN_PREFIXES.has(prefix) || normalizeName(prefix) === normalizeName(name)
  return isOwn ? tag.slice(start).replace(/^v/i, '') : undefined
}

function isVersion(text: string): boolean {
  return VERSION.test(text) && keyOf(text) !== undefined
}

function keyOf(text: string): string | undefined {
  try {
    return parseVersion(text).key
  } catch (error) {
    if (!(error instanceof WheelsealError)) throw error
    return undefined
  }
}

/** The same version, however it is spelled. */
export function isSameVersion(one: string, other: string): boolean {
  const key = keyOf(one)
  return key !== undefined && key === keyOf(other)
}

/** Throws `packaging.tag-version` where the tag names another version than was built. */
export function checkTag(tag: string, { name, version }: Pick<BuiltNames, 'name' | 'version'>): void {
  const named = versionOfTag(tag, name)
  if (named === undefined || isSameVersion(named, version)) return
  throw packagingErrors(
    'packaging.tag-version',
    `the tag ${tag} names version ${named}, and ${name} ${version} was built`,
  )
}
