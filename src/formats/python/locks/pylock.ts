import * as v from 'valibot'
import { WheelsealError } from '../../../base/index.ts'
import { parseFileName } from '../file-name.ts'
import { lockErrors } from './errors.ts'
import type { AttestationIdentity, Lock, LockedDistribution, LockedFile, LockedSource } from './lock.ts'
import {
  digestOf,
  lastPart,
  malformed,
  namedAs,
  packagesOf,
  shaped,
  type TomlLock,
  type TomlPackage,
} from './toml-lock.ts'

const text = v.optional(v.string())
const hashes = v.record(v.string(), v.string())
const file = v.object({ name: text, url: text, path: text, hashes: v.optional(hashes) })
type FileTable = v.InferOutput<typeof file>

const schema = v.object({
  name: v.string(),
  version: text,
  index: text,
  vcs: v.optional(v.object({ url: text, path: text })),
  directory: v.optional(v.object({ path: v.string() })),
  archive: v.optional(file),
  sdist: v.optional(file),
  wheels: v.optional(v.array(file)),
  // A value that is no text changes nothing of what is compared: it is compared as JSON.
  'attestation-identities': v.optional(v.array(v.record(v.string(), v.unknown()))),
})
type Package = v.InferOutput<typeof schema>
type Place = { readonly path: string; readonly line: number }

/** PEP 751, version 1.0 of the format. Throws `lock.version`, `lock.malformed`. */
export function readPylock(lock: TomlLock): Lock {
  const { 'lock-version': version, packages } = lock.table
  if (version !== '1.0') {
    const shown = typeof version === 'string' ? version.slice(0, 40) : 'missing'
    throw lockErrors(
      'lock.version',
      `${lock.path}: the lock-version is ${shown}, which is not read here; 1.0 is`,
    )
  }
  if (packages === undefined) throw malformed(lock.path, 1, 'packages is missing')
  const distributions = packagesOf(lock, 'packages').map((one) => read(one, lock))
  return { format: 'pylock', distributions, indexes: [], includes: [] }
}

function read(one: TomlPackage, lock: TomlLock): LockedDistribution {
  const table = shaped(schema, one, lock)
  const place = { path: lock.path, line: one.line }
  const files = filesOf(table, place)
  const { name, version } = namedAs(table, place)
  return {
    name,
    version: version ?? versionOf(files),
    source: sourceOf(table, place),
    files,
    line: one.line,
    identities: table['attestation-identities']?.map(identityOf),
  }
}

function identityOf(table: Readonly<Record<string, unknown>>): AttestationIdentity {
  const entries = Object.entries(table).map(([key, value]) => [
    key,
    typeof value === 'string' ? value : JSON.stringify(value),
  ])
  return Object.fromEntries(entries) as AttestationIdentity
}

/** Exactly one of the ways in which a package may come (PEP 751, "packages"). */
function sourceOf(table: Package, { path, line }: Place): LockedSource {
  const { vcs, directory, archive, sdist, wheels, index = null } = table
  const ways = [vcs, directory, archive, sdist ?? wheels].filter((way) => way !== undefined)
  if (ways.length !== 1)
    throw malformed(path, line, `${table.name.slice(0, 100)} comes in ${ways.length} ways, not one`)
  if (vcs !== undefined) return { kind: 'vcs', url: vcs.url ?? vcs.path ?? '' }
  if (directory !== undefined) return { kind: 'path', path: directory.path }
  return archive === undefined ? { kind: 'registry', index } : archiveSource(archive)
}

function archiveSource({ url, path = '' }: FileTable): LockedSource {
  return url === undefined ? { kind: 'path', path } : { kind: 'url', url }
}

function filesOf({ archive, sdist, wheels = [] }: Package, place: Place): readonly LockedFile[] {
  return [archive, sdist, ...wheels].flatMap((one) => (one === undefined ? [] : [fileOf(one, place)]))
}

function fileOf({ name, url, path, hashes: digests = {} }: FileTable, place: Place): LockedFile {
  const at = url ?? path
  const sha256 = digests['sha256']
  return {
    fileName: name ?? (at === undefined ? null : lastPart(at)),
    // Whatever stands at a path of this machine is installed where no SHA-256 says what it is.
    url: (sha256 === undefined ? path : undefined) ?? url ?? null,
    sha256: sha256 === undefined ? null : digestOf(`sha256:${sha256}`, place).sha256,
    hasOtherDigest: Object.keys(digests).some((algorithm) => algorithm !== 'sha256'),
  }
}

/** Of an archive, which needs no version of its own: pip writes none. */
function versionOf(files: readonly LockedFile[]): string | null {
  try {
    return files[0]?.fileName ? parseFileName(files[0].fileName).version.normal : null
  } catch (error) {
    if (error instanceof WheelsealError) return null
    throw error
  }
}
