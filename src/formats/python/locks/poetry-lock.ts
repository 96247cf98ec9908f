import * as v from 'valibot'
import { lockErrors } from './errors.ts'
import type { Lock, LockedDistribution, LockedSource } from './lock.ts'
import {
  digestOf,
  malformed,
  namedAs,
  packagesOf,
  shaped,
  type TomlLock,
  type TomlPackage,
} from './toml-lock.ts'

const text = v.optional(v.string())
const schema = v.object({
  name: v.string(),
  version: v.string(),
  files: v.array(v.object({ file: v.string(), hash: text })),
  source: v.optional(v.object({ type: v.string(), url: v.string() })),
})
type Source = NonNullable<v.InferOutput<typeof schema>['source']>
type Place = { readonly path: string; readonly line: number }

const metadata = v.object({ metadata: v.object({ 'lock-version': v.string() }) })
const VERSIONS: ReadonlySet<string> = new Set(['2.0', '2.1'])

/** Versions 2.0 and 2.1 of the format. Throws `lock.version`, `lock.malformed`. */
export function readPoetryLock(lock: TomlLock): Lock {
  const { 'lock-version': version } = shaped(metadata, { value: lock.table, line: 1 }, lock).metadata
  if (!VERSIONS.has(version))
    throw lockErrors(
      'lock.version',
      `${lock.path}: the lock-version is ${version.slice(0, 40)}, which is not read here; 2.0 and 2.1 are`,
    )
  const distributions = packagesOf(lock, 'package').map((one) => read(one, lock))
  return { format: 'poetry', distributions, indexes: [], includes: [] }
}

function read(one: TomlPackage, lock: TomlLock): LockedDistribution {
  const table = shaped(schema, one, lock)
  const place = { path: lock.path, line: one.line }
  const from = sourceOf(table.source, place)
  const files = table.files.map(({ file, hash }) => ({
    fileName: file,
    url: from.kind === 'url' ? from.url : null,
    ...digestOf(hash, place),
  }))
  return { ...namedAs(table, place), source: from, files, line: one.line, identities: undefined }
}

/** No table: PyPI, or what stands in for it. */
function sourceOf(table: Source | undefined, { path, line }: Place): LockedSource {
  if (table === undefined) return { kind: 'registry', index: null }
  const { type, url } = table
  if (type === 'legacy') return { kind: 'registry', index: url }
  if (type === 'url') return { kind: 'url', url }
  if (type === 'git') return { kind: 'vcs', url }
  if (type === 'file' || type === 'directory') return { kind: 'path', path: url }
  throw malformed(path, line, `${type.slice(0, 40)} is not a known type of a source`)
}
