import * as v from 'valibot'
import { lockErrors } from './errors.ts'
import type { Lock, LockedDistribution, LockedFile, LockedSource } from './lock.ts'
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
const file = v.object({ url: text, path: text, filename: text, hash: text })
const source = v.object({
  registry: text,
  url: text,
  git: text,
  path: text,
  directory: text,
  editable: text,
  virtual: text,
})
const schema = v.object({
  name: v.string(),
  version: text,
  source,
  sdist: v.optional(file),
  wheels: v.optional(v.array(file)),
})
type Place = { readonly path: string; readonly line: number }

/** Version 1, every revision of it: revisions add only what older programs may pass over. Throws `lock.version`, `lock.malformed`. */
export function readUvLock(lock: TomlLock): Lock {
  const { version } = lock.table
  if (version !== 1) {
    const shown = typeof version === 'number' || typeof version === 'bigint' ? String(version) : 'missing'
    throw lockErrors('lock.version', `${lock.path}: the version is ${shown}, which is not read here; 1 is`)
  }
  const distributions = packagesOf(lock, 'package').map((one) => read(one, lock))
  return { format: 'uv', distributions, indexes: [], includes: [] }
}

function read(one: TomlPackage, lock: TomlLock): LockedDistribution {
  const table = shaped(schema, one, lock)
  const place = { path: lock.path, line: one.line }
  const from = sourceOf(table.source, place)
  const files = [table.sdist, ...(table.wheels ?? [])].flatMap((each) =>
    each === undefined ? [] : [fileOf(each, from, place)],
  )
  return { ...namedAs(table, place), source: from, files, line: one.line, identities: undefined }
}

function sourceOf(table: v.InferOutput<typeof source>, { path, line }: Place): LockedSource {
  const [entry, ...more] = Object.entries(table).filter(([, value]) => value !== undefined)
  if (entry === undefined || more.length > 0)
    throw malformed(path, line, 'source must have exactly one key that is known')
  const [key, value = ''] = entry
  if (key === 'registry') return { kind: 'registry', index: value }
  if (key === 'url') return { kind: 'url', url: value }
  return key === 'git' ? { kind: 'vcs', url: value } : { kind: 'path', path: value }
}

/** An sdist of a URL or of a path has no address of its own. */
function fileOf(table: v.InferOutput<typeof file>, from: LockedSource, place: Place): LockedFile {
  const url = table.url ?? (from.kind === 'url' ? from.url : undefined)
  const at = table.filename ?? url ?? table.path ?? (from.kind === 'path' ? from.path : undefined)
  return {
    fileName: at === undefined ? null : lastPart(at),
    url: url ?? null,
    ...digestOf(table.hash, place),
  }
}
