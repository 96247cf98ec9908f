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
/** Both have an ascending number first; `name` is for people. */
const SOURCES = [
  'select id, file_name as name, sha256, size from package_files where id > ? order by id limit ?',
  "select job_id as id, 'artifacts of job ' || job_id as name, sha256, size from artifacts where job_id > ? order by job_id limit ?",
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
  for (const sql of SOURCES) {
    const statement = connection.prepare(sql)
    for (let after = 0; ;) {
      const page = statement.all(after, PAGE)
      for (const { name, sha256, size } of page)
        yield { name: String(name), sha256: String(sha256), size: Number(size) }
      if (page.length < PAGE) break
      after = Number(page.at(-1)?.['id'])
    }
  }
}
