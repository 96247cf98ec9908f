import { WheelsealError } from '../../../base/index.ts'
import { parseFileName, type DistributionName } from '../file-name.ts'
import { isName, normalizeName } from '../name.ts'
import { parseVersion } from '../version.ts'
import type { LockedDistribution, LockedFile, LockedSource } from './lock.ts'
import { atLine, digestOf, lastPart, malformed } from './toml-lock.ts'

export interface Place {
  readonly path: string
  readonly line: number
}

type Digest = Pick<LockedFile, 'sha256' | 'hasOtherDigest'>

interface Reading {
  readonly place: Place
  /** Of the options that follow. */
  readonly digests: readonly Digest[]
}

const NAME = /^([A-Za-z0-9][A-Za-z0-9._-]{0,127})\s*(?:\[[A-Za-z0-9._,\s-]{0,500}\])?\s*/
const EXACT = /^\(?\s*={2,3}\s*([^\s,;()*]{1,128})\s*(?:,[^;]{0,500})?\)?\s*(?:;.*)?$/s
const RANGE = /^(?:\(?\s*(?:[<>]=?|[~!]=|={2,3})[^;]{1,500})?\s*(?:;.*)?$/s

/** PEP 508, a URL or a path. Throws `lock.malformed`. */
export function readRequirement(written: string, { place, digests }: Reading): LockedDistribution {
  // The patterns would try each length of a long run of spaces.
  const text = written.replaceAll(/\s+/g, ' ')
  const [head = '', name = ''] = NAME.exec(text) ?? []
  const rest = text.slice(head.length)
  if (!isName(name) || looksDirect(text)) return readDirect(text, { name: null, place, digests })
  if (rest.startsWith('@')) return readDirect(rest.slice(1).trim(), { name, place, digests })
  const version = exactVersion(rest, place)
  return {
    name: atLine(place, () => normalizeName(name)),
    version,
    source: { kind: 'registry', index: null },
    files: digests.map((digest) => fileOf(digest, { fileName: null, url: null })),
    line: place.line,
    identities: undefined,
  }
}

/** Null for a range, and for none. */
function exactVersion(specifier: string, place: Place): string | null {
  const exact = EXACT.exec(specifier)?.[1]
  if (exact !== undefined) return atLine(place, () => parseVersion(exact).normal)
  if (!RANGE.test(specifier)) throw malformed(place.path, place.line, 'a requirement is malformed')
  return null
}

function fileOf(
  { sha256, hasOtherDigest }: Digest,
  { fileName, url }: Pick<LockedFile, 'fileName' | 'url'>,
): LockedFile {
  return { fileName, url, sha256, hasOtherDigest }
}

/** A URL or a path with no name before it. */
function looksDirect(text: string): boolean {
  const [first = ''] = text.split(/[\s;@]/, 1)
  return (
    first.includes('://') || first.includes('/') || /\.(?:whl|zip|tar\.gz|tgz|tar\.bz2|tar\.xz)$/i.test(first)
  )
}

/** What comes from a URL, a repository or this machine. Throws `lock.malformed`. */
export function readDirect(
  text: string,
  { name, place, digests }: Reading & { readonly name: string | null },
): LockedDistribution {
  const url = withoutMarker(text)
  if (url === '') throw malformed(place.path, place.line, 'a requirement is malformed')
  const source = sourceOf(url)
  const fileName = source.kind === 'vcs' ? null : lastPart(url)
  const parsed = fileName === null ? undefined : parsedName(fileName)
  const own = { fileName, url: source.kind === 'url' ? source.url : null }
  return {
    name: name === null ? (parsed?.name ?? eggOf(url)) : atLine(place, () => normalizeName(name)),
    version: parsed?.version.normal ?? null,
    source,
    files: [...digests, ...digestIn(url, place)].map((digest) => fileOf(digest, own)),
    line: place.line,
    identities: undefined,
  }
}

/** Behind a URL a marker needs a space before its semicolon (PEP 508). */
function withoutMarker(text: string): string {
  const cut = text.search(/\s;/)
  return (cut < 0 ? text : text.slice(0, cut)).trim()
}

function sourceOf(text: string): LockedSource {
  const url = text.split('#', 1)[0] ?? text
  if (/^(?:git|hg|svn|bzr)\+/i.test(text)) return { kind: 'vcs', url }
  if (/^file:/i.test(text)) return { kind: 'path', path: url }
  return text.includes('://') ? { kind: 'url', url } : { kind: 'path', path: text }
}

/** Behind the `#` of a URL. */
function digestIn(url: string, place: Place): readonly Digest[] {
  const hex = /[#&]sha256=([0-9A-Fa-f]{1,128})(?:&|$)/.exec(url)?.[1]
  return hex === undefined ? [] : [digestOf(`sha256:${hex}`, place)]
}

function eggOf(url: string): string | null {
  const egg = /[#&]egg=([A-Za-z0-9._-]{1,128})/.exec(url)?.[1]
  return egg !== undefined && isName(egg) ? normalizeName(egg) : null
}

function parsedName(fileName: string): DistributionName | undefined {
  try {
    return parseFileName(fileName)
  } catch (error) {
    if (error instanceof WheelsealError) return undefined
    throw error
  }
}
