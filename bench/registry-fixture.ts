/**
 * What is stored before anybody asks: a public project with a package of 8 files and one of 2,000, files for download,
 * and as many other packages as are wanted. Rows are written through the tables of the storage layer in one transaction;
 * those of which nobody asks for the bytes share one blob.
 */
import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { distributionOf, metadataOf } from '../src/formats/python/archive/arrange.ts'
import { distributionKey, parseFileName } from '../src/formats/python/index.ts'
import { silentLog, systemEntropy } from '../src/host/index.ts'
import { openFolderBlobs } from '../src/storage/folder/index.ts'
import { createRegistryStore, migrations } from '../src/storage/sql/index.ts'
import type { RegistryTables } from '../src/storage/sql/registry-tables.ts'
import { lockDirectory, openDatabase } from '../src/storage/sqlite/index.ts'

export interface StoredFile {
  readonly fileName: string
  readonly sha256: string
  readonly size: number
}

export interface Content {
  /** Asked for by name only. */
  readonly shared: StoredFile & { readonly bytes: Uint8Array; readonly metadata: StoredFile }
  readonly small: readonly StoredFile[]
  readonly large: StoredFile
  /** Bytes by file name, of those that are downloaded. */
  readonly bytes: ReadonlyMap<string, Uint8Array>
}

export const PAGES = { eight: 8, many: 2000 } as const
/** A page and its files are one package each, and so are the two kinds of downloads. */
const OWN_PACKAGES = 4
const SMALL_FILES = 200
const SMALL_BYTES = 100_000
const LARGE_BYTES = 50_000_000
const PYTHONS = Array.from({ length: 8 }, (_, at) => `cp3${at + 7}`)
const CHUNK = 500

/** Blobs below `data`, of which no server may run. */
export async function keepContent(data: string): Promise<Content> {
  const blobs = await openFolderBlobs(join(data, 'blobs'), { entropy: systemEntropy, log: silentLog })
  const bytes = new Map<string, Uint8Array>()
  const keep = async (fileName: string, content: Uint8Array): Promise<StoredFile> => {
    const staged = await blobs.stage(once(content), content.length)
    await staged.commit()
    return { fileName, sha256: staged.sha256, size: content.length }
  }
  const download = (fileName: string, size: number): Promise<StoredFile> => {
    const content = new Uint8Array(randomBytes(size))
    bytes.set(fileName, content)
    return keep(fileName, content)
  }
  const wheel = distributionOf('eight-1.0-py3-none-any.whl', { requiresPython: '>=3.9' })
  const metadata = new TextEncoder().encode(metadataOf('eight', '1.0', { requiresPython: '>=3.9' }))
  const shared = { ...(await keep('', wheel)), bytes: wheel, metadata: await keep('', metadata) }
  const small: StoredFile[] = []
  for (let at = 0; at < SMALL_FILES; at += 1)
    small.push(await download(`small-1.${at}-py3-none-any.whl`, SMALL_BYTES))
  return { shared, small, large: await download('large-1.0-py3-none-any.whl', LARGE_BYTES), bytes }
}

async function* once(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content
}

/** As many files, eight of each version. */
export function pageFiles(name: keyof typeof PAGES): readonly string[] {
  return Array.from({ length: PAGES[name] }, (_, at) => {
    const tag = PYTHONS[at % PYTHONS.length] ?? ''
    return `${name}-1.${Math.floor(at / PYTHONS.length)}-${tag}-${tag}-manylinux_2_17_x86_64.whl`
  })
}

export interface Filling {
  readonly projectId: number
  readonly content: Content
  /** `OWN_PACKAGES` among them. */
  readonly packages: number
}

/** A copy of `data`, of which no server may run, with that many packages. */
export async function fillCopy(data: string, copy: string, filling: Filling): Promise<void> {
  // With the modes of the folders.
  execFileSync('cp', ['-a', data, copy])
  const lock = lockDirectory(copy)
  const database = await openDatabase(join(copy, 'wheelseal.db'), migrations)
  try {
    const rows = rowsOf(filling)
    const tables = database.$extendTables<RegistryTables>()
    await tables.transaction().execute(async (step) => {
      for (const table of ['package_names', 'packages', 'package_files'] as const)
        for (let at = 0; at < rows[table].length; at += CHUNK)
          await step
            .insertInto(table)
            .values(rows[table].slice(at, at + CHUNK) as never)
            .execute()
      const revision = { project_id: filling.projectId, revision: Date.now() }
      await step.insertInto('package_revisions').values(revision).execute()
    })
    const key = { projectId: filling.projectId, kind: 'pypi', nameKey: 'eight' } as const
    const shown = await createRegistryStore(database).listShownFiles(key, { afterId: 0, limit: 100 })
    if (shown.length !== PAGES.eight) throw new Error(`${shown.length} files are shown`)
  } finally {
    await database.destroy()
    lock.release()
  }
}

function rowsOf(filling: Filling) {
  const { packages, content } = filling
  const rows = rowsIn(filling)
  const sameBytes = (fileName: string): StoredFile => ({ ...content.shared, fileName })
  for (const name of ['eight', 'many'] as const) rows.add(pageFiles(name).map(sameBytes))
  rows.add(content.small)
  rows.add([content.large])
  for (let at = OWN_PACKAGES; at < packages; at += 1)
    rows.add([sameBytes(`other_${createHash('md5').update(String(at)).digest('hex')}-1.0-py3-none-any.whl`)])
  return rows.all
}

/** Ids are given out here: only one writes. */
function rowsIn({ projectId, content: { shared } }: Filling) {
  const all = { package_names: [] as object[], packages: [] as object[], package_files: [] as object[] }
  const common = { project_id: projectId, kind: 'pypi' }
  const dated = { ...common, created_at_ms: Date.now() }
  const { sha256: metadata_sha256, size: metadata_size } = shared.metadata
  return {
    all,
    /** Those of one package. */
    add: (files: readonly StoredFile[]): void => {
      const name_id = all.package_names.length + 1
      const versions = new Map<string, number>()
      for (const { fileName, sha256, size } of files) {
        const parsed = parseFileName(fileName)
        const { name, version } = parsed
        if (versions.size === 0)
          all.package_names.push({ ...common, id: name_id, name_key: name, name, is_shown: 1 })
        const known = versions.get(version.key)
        const package_id = known ?? all.packages.length + 1
        if (known === undefined) {
          versions.set(version.key, package_id)
          const row = { id: package_id, name_id, version_key: version.key, version: version.normal }
          all.packages.push({ ...dated, ...row })
        }
        const row = { name_id, package_id, file_name: fileName, unique_key: distributionKey(parsed) }
        const kept = { sha256, size, requires_python: '>=3.9', metadata_sha256, metadata_size }
        all.package_files.push({ ...dated, ...row, ...kept })
      }
    },
  }
}
