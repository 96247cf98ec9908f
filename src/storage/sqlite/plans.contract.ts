import type { DatabaseSync } from 'node:sqlite'

/**
 * What makes `sql` cost more when more is stored, in words; nothing where it costs the same. A statement may look rows
 * up by a unique key, or read a page: rows in the order of an index, each of them an answer, up to a limit. What it reads
 * without a limit is small for a reason that stands in `small`.
 *
 * Read from the plan and not measured: a filter that no index answers costs what it passes over, be it little today.
 */
export function costs(
  database: DatabaseSync,
  sql: string,
  small: Readonly<Record<string, string>>,
): readonly string[] {
  // The values of an insert are the caller's, and stored nowhere yet.
  const plan = planOf(database, sql).filter((detail) => !/^SCAN \d+-ROW VALUES CLAUSE$/.test(detail))
  const steps = plan.map((detail) => SEARCH.exec(detail)?.groups)
  const verb = sql.split(' ', 1)[0] ?? ''
  const scanned = plan.flatMap((detail) => /^SCAN (\w+)$/.exec(detail)?.slice(1) ?? [])
  const sorted = (detail: string): string =>
    detail.startsWith('USE TEMP') ? ` of ${scanned.join(', ')}` : ''
  const others = plan
    .filter((_, at) => steps[at] === undefined)
    .map((detail) => `${verb}: ${detail}${sorted(detail)}`)
  if (others.length > 0) return others.filter((other) => small[other] === undefined)
  const ranges = steps.flatMap((step) => (step === undefined || isUnique(database, step) ? [] : [step]))
  if (ranges.length === 0) return []
  const names = ranges.map(({ table, index }) => `${table} by ${index ?? 'its key'}`)
  const answered = plan.flatMap((detail) => detail.match(/[=<>]\?/g) ?? []).length
  if (answered < comparisons(sql)) return [`rows are passed over in ${names.join(', ')}`]
  if (ranges.length > 1) return [`rows are multiplied: ${names.join(', ')}`]
  return / limit /i.test(sql) ? [] : names.filter((name) => small[name] === undefined)
}

type Step = Readonly<Record<string, string | undefined>>

const SEARCH =
  /^SEARCH (?<table>\w+) USING (?:(?:COVERING )?INDEX (?<index>\w+)|(?<key>INTEGER PRIMARY KEY|PRIMARY KEY)) \((?<terms>.+)\)$/

function planOf(database: DatabaseSync, sql: string): readonly string[] {
  const statement = database.prepare(`explain query plan ${sql}`)
  const count = sql.match(/\?/g)?.length ?? 0
  return statement.all(...Array.from({ length: count }, () => 1)).map(({ detail }) => String(detail))
}

/** Of joins and conditions: what `set` and the columns of an insert have are none. */
function comparisons(sql: string): number {
  const [, conditions = ''] = / (?:join|where) (.*)$/is.exec(sql) ?? []
  return conditions.match(/["\w] (?:=|<|>|<=|>=) ["\w?]/g)?.length ?? 0
}

/** At most one row: every column of a unique index, or the row's own id, is given. */
function isUnique(database: DatabaseSync, { table = '', index, key, terms = '' }: Step): boolean {
  if (/[<>]/.test(terms)) return false
  if (key === 'INTEGER PRIMARY KEY') return true
  const name = index ?? `sqlite_autoindex_${table}_1`
  const found = database
    .prepare(
      `select "unique" as is_unique, (select count(*) from pragma_index_info(i.name)) as columns
       from sqlite_schema s, pragma_index_list(s.tbl_name) i where s.type = 'table' and i.name = ?`,
    )
    .get(name)
  return found?.['is_unique'] === 1 && found['columns'] === terms.split(' AND ').length
}
