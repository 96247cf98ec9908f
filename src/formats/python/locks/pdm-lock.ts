import * as v from 'valibot'
import { lockErrors } from './errors.ts'
import type { Lock, LockedDistribution, LockedFile, LockedSource } from './lock.ts'
import {
  digestOf,
  lastPart,
  namedAs,
  packagesOf,
  shaped,
  type TomlLock,
  type TomlPackage,
} from './toml-lock.ts'

const text = v.optional(v.string())
const schema = v.object({
  name: v.string(),
  version: text,
  git: text,
  hg: text,
  svn: text,
  bzr: text,
  url: text,
  path: text,
  files: v.optional(v.array(v.object({ file: text, url: text, hash: text }))),
})
type Package = v.InferOutput<typeof schema>

const metadata = v.object({ metadata: v.object({ lock_version: v.string() }) })

/** Versions 4.0 to 4.5 of the format. Throws `lock.version`, `lock.malformed`. */
export function readPdmLock(lock: TomlLock): Lock {
  const { lock_version: version } = shaped(metadata, { value: lock.table, line: 1 }, lock).metadata
  if (!/^4\.[0-5](?:\.\d{1,3})?$/.test(version))
    throw lockErrors(
      'lock.version',
      `${lock.path}: the lock_version is ${version.slice(0, 40)}, which is not read here; 4.0 to 4.5 are`,
    )
  const distributions = packagesOf(lock, 'package').map((one) => read(one, lock))
  return { format: 'pdm', distributions, indexes: [], includes: [] }
}

function read(one: TomlPackage, lock: TomlLock): LockedDistribution {
  const table = shaped(schema, one, lock)
  const place = { path: lock.path, line: one.line }
  const files = (table.files ?? []).map((each) => fileOf(each, table.url, place))
  return { ...namedAs(table, place), source: sourceOf(table), files, line: one.line, identities: undefined }
}

function sourceOf({ git, hg, svn, bzr, url, path }: Package): LockedSource {
  const repository = git ?? hg ?? svn ?? bzr
  if (repository !== undefined) return { kind: 'vcs', url: repository }
  if (url !== undefined) return { kind: 'url', url }
  return path === undefined ? { kind: 'registry', index: null } : { kind: 'path', path }
}

/** With `static_urls` the address, else the name alone. */
function fileOf(
  { file, url, hash }: NonNullable<Package['files']>[number],
  packageUrl: string | undefined,
  place: { readonly path: string; readonly line: number },
): LockedFile {
  const at = url ?? packageUrl ?? null
  return { fileName: file ?? (at && lastPart(at)), url: at, ...digestOf(hash, place) }
}
