import { DatabaseSync } from 'node:sqlite'
import { storageErrors } from '../errors.ts'
import { sqliteReason } from './failure.ts'

/** A row whose bytes are a blob. */
export interface StoredFileRow {
  /** For people. */
  readonly name: string
  readonly sha256: string
  readonly size: number
}

export interface StoredFiles {
  /** What SQLite finds when it reads the database whole; nothing when all is well. */
  readonly problems: readonly string[]
  /** Page by page, so that a server that runs can go on writing. */
  rows(): Iterable<StoredFileRow>
  close(): void
}

const PAGE = 500
/** A column of digests, the one of their sizes, and what they are, for people. */
interface Source {
  readonly table: string
  /** A number that ascends. */
  readonly id: string
  readonly sha256: string
  readonly size: string
  /** An expression of SQL. */
  readonly name: string
}

/** Every column of digests with one of sizes next to it: what is not listed here is in no backup. */
export const SOURCES: readonly Source[] = [
  { table: 'package_files', id: 'id', sha256: 'sha256', size: 'size', name: 'file_name' },
  {
    table: 'package_files',
    id: 'id',
    sha256: 'metadata_sha256',
    size: 'metadata_size',
    name: "'metadata of ' || file_name",
  },
  {
    table: 'package_files',
    id: 'id',
    sha256: 'provenance_sha256',
    size: 'provenance_size',
    name: "'provenance of ' || file_name",
  },
  { table: 'side_files', id: 'id', sha256: 'sha256', size: 'size', name: "ending || ' of ' || file_name" },
  { table: 'artifacts', id: 'rowid', sha256: 'sha256', size: 'size', name: "'artifacts of job ' || job_id" },
]

/** Reads beside whoever uses the database, and changes nothing. Throws `storage.database`. */
export function openStoredFiles(path: string): StoredFiles {
  try {
    const connection = new DatabaseSync(path, { readOnly: true })
    const found = connection.prepare('pragma integrity_check(100)').all()
    const problems = found.map((row) => String(Object.values(row)[0])).filter((text) => text !== 'ok')
    return { problems, rows: () => rowsOf(connection), close: () => connection.close() }
  } catch (cause) {
    throw storageErrors('storage.database', `${path} ${sqliteReason(path, cause)}`, { cause })
  }
}

function* rowsOf(connection: DatabaseSync): Generator<StoredFileRow> {
  for (const source of SOURCES) if (hasColumn(connection, source)) yield* rowsFrom(connection, source)
}

/** Before a newer version has opened a database, it lacks what that version adds. */
function hasColumn(connection: DatabaseSync, { table, sha256 }: Source): boolean {
  const sql = 'select count(*) as n from pragma_table_info(?) where name = ?'
  return connection.prepare(sql).get(table, sha256)?.['n'] === 1
}

function* rowsFrom(connection: DatabaseSync, source: Source): Generator<StoredFileRow> {
  const { table, id, sha256, size, name } = source
  const statement = connection.prepare(
    `select ${id} as id, ${name} as name, ${sha256} as sha256, ${size} as size from ${table}
     where ${id} > ? and ${sha256} is not null order by ${id} limit ?`,
  )
  for (let after = 0; ;) {
    const page = statement.all(after, PAGE)
    for (const row of page)
      yield { name: String(row['name']), sha256: String(row['sha256']), size: Number(row['size']) }
    if (page.length < PAGE) return
    after = Number(page.at(-1)?.['id'])
  }
}
