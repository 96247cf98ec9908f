import { readdir } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { parseJson, utf8Decode, WheelsealError, type JsonValue } from '../../../base/index.ts'
import { parseWheelRecord, type WheelRecordEntry } from '../../../formats/python/archive/index.ts'
import { normalizeName, parseVersion } from '../../../formats/python/index.ts'
import type { Disk } from './disk.ts'
import type { Sites } from './find-sites.ts'

/** A distribution as an environment has it: all of it is the word of its own folder `.dist-info`. */
export interface Installed {
  readonly name: string
  readonly version: string
  /** Of its `site-packages`, from the root. */
  readonly site: string
  /** From the root. */
  readonly info: string
  readonly tags: readonly string[]
  readonly build: string
  readonly record: readonly WheelRecordEntry[]
  /** Where it was installed from, if that was no index. */
  readonly origin: Origin | undefined
}

export type Origin =
  | { readonly kind: 'folder' | 'repository'; readonly url: string }
  | { readonly kind: 'archive'; readonly url: string; readonly sha256: string | null }

/** A folder that cannot be read as a distribution. */
export interface Unreadable {
  readonly info: string
  readonly fact: string
}

const LIMITS = { METADATA: 2 << 20, WHEEL: 64 << 10, RECORD: 16 << 20, 'direct_url.json': 64 << 10 } as const
const MAX_DISTRIBUTIONS = 20_000

/** In the order of their folders' names. */
export async function readInstalled(
  { root, folders }: Sites,
  disk: Disk,
): Promise<readonly (Installed | Unreadable)[]> {
  const found: (Installed | Unreadable)[] = []
  for (const site of folders) {
    const entries = await readdir(join(root, site), { withFileTypes: true })
    const names = entries.filter(({ name }) => /\.(?:dist-info|egg-info|egg-link)$/.test(name))
    for (const entry of names.toSorted((a, b) => (a.name < b.name ? -1 : 1)).slice(0, MAX_DISTRIBUTIONS)) {
      const info = posix.join(site, entry.name)
      const isRead = entry.isDirectory() && entry.name.endsWith('.dist-info')
      if (isRead) found.push(await readOne(info, site, disk))
      else found.push({ info, fact: 'is of an installation without RECORD, or a link' })
    }
  }
  return found
}

async function readOne(info: string, site: string, disk: Disk): Promise<Installed | Unreadable> {
  try {
    return await readFolder(info, site, disk)
  } catch (error) {
    if (error instanceof WheelsealError) return { info, fact: error.message }
    if (error instanceof TypeError) return { info, fact: 'has a file that is not UTF-8' }
    throw error
  }
}

async function readFolder(info: string, site: string, disk: Disk): Promise<Installed | Unreadable> {
  const read = async (file: keyof typeof LIMITS): Promise<Uint8Array | undefined> => {
    const found = await disk.read(`${info}/${file}`, LIMITS[file])
    return found.kind === 'file' ? found.value : undefined
  }
  const record = await read('RECORD')
  if (record === undefined) return { info, fact: 'has no RECORD that can be read' }
  const [metadata, wheel] = [headersOf(await read('METADATA')), headersOf(await read('WHEEL'))]
  return {
    name: normalizeName(firstOf(metadata, 'name')),
    version: parseVersion(firstOf(metadata, 'version')).normal,
    site,
    info,
    tags: wheel.get('tag') ?? [],
    build: firstOf(wheel, 'build'),
    record: await parseWheelRecord(record),
    origin: originOf(await read('direct_url.json')),
  }
}

function firstOf(headers: ReadonlyMap<string, readonly string[]>, name: string): string {
  return headers.get(name)?.[0] ?? ''
}

const MAX_HEADERS = 10_000

/** Names in lower case, up to the first empty line; what is folded over several lines is not needed. */
function headersOf(bytes: Uint8Array | undefined): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  const text = bytes === undefined ? '' : utf8Decode(bytes)
  let at = 0
  for (let count = 0; count < MAX_HEADERS && at < text.length; count += 1) {
    const next = text.indexOf('\n', at)
    const end = next < 0 ? text.length : next
    const line = text.slice(at, end).trimEnd()
    if (line === '') break
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(colon, 0)).toLowerCase()
    if (/^[a-z-]+$/.test(name))
      found.set(name, [...(found.get(name) ?? []).slice(0, 512), line.slice(colon + 1).trim()])
    at = end + 1
  }
  return found
}

/** The direct URL data structure (PEP 610). */
function originOf(bytes: Uint8Array | undefined): Origin | undefined {
  if (bytes === undefined) return undefined
  const json = parseJson(utf8Decode(bytes))
  const { url, dir_info: folder, vcs_info: repository, archive_info: archive } = objectOf(json)
  const text = typeof url === 'string' ? url : ''
  if (folder !== undefined) return { kind: 'folder', url: text }
  if (repository !== undefined) return { kind: 'repository', url: text }
  const { sha256 } = objectOf(objectOf(archive)['hashes'])
  const isDigest = typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256)
  return { kind: 'archive', url: text, sha256: isDigest ? sha256 : null }
}

function objectOf(json: JsonValue | undefined): Readonly<Record<string, JsonValue>> {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
    ? (json as Readonly<Record<string, JsonValue>>)
    : {}
}
