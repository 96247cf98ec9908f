import type { Kysely, Selectable, Transaction } from 'kysely'
import type { GateStore, KeptName, NewPage, UpstreamName } from '../../gate/index.ts'
import { keepFiles, listFiles, listGone } from './gate-files.ts'
import type { GateTables } from './gate-tables.ts'
import { alone } from './transactions.ts'

type Tables = Kysely<GateTables>
type Step = Transaction<GateTables>
type NameRow = Selectable<GateTables['gate_names']>

const YES = 1
const NO = 0

export function nameQueries(
  tables: Tables,
): Pick<
  GateStore,
  | 'findName'
  | 'listFiles'
  | 'keepPage'
  | 'keepFresh'
  | 'keepUnknown'
  | 'markServed'
  | 'addMismatch'
  | 'listNames'
  | 'listGone'
  | 'listAskedNames'
> {
  return {
    findName: async (place) => {
      const row = await nameAt(tables, place).selectAll().executeTakeFirst()
      return row && toName(row)
    },
    listFiles: (place) => listFiles(tables, place),
    listGone: (page) => listGone(tables, page),
    keepPage: (place, page, atMs) => alone(tables, (step) => keepPage(step, place, { page, atMs })),
    keepFresh: async (place, atMs) => {
      await updateName(tables, place).set({ fresh_at_ms: atMs }).execute()
    },
    keepUnknown: (place, atMs) => alone(tables, (step) => keepPage(step, place, { atMs })),
    markServed: (place, fileName, atMs) =>
      alone(tables, (step) => markServed(step, place, { fileName, atMs })),
    addMismatch: (place, mismatch) => alone(tables, (step) => addMismatch(step, place, mismatch)),
    listNames: async (upstream, { after, limit }) => {
      const known = tables.selectFrom('gate_names').select('name').where('upstream', '=', upstream)
      const page = known.where('is_unknown', '=', NO).where('name', '>', after).orderBy('name').limit(limit)
      return (await page.execute()).map(({ name }) => name)
    },
    listAskedNames: (upstream, page) => listAskedNames(tables, upstream, page),
  }
}

function listAskedNames(
  tables: Tables,
  upstream: string,
  { sinceMs, limit }: Parameters<GateStore['listAskedNames']>[1],
): ReturnType<GateStore['listAskedNames']> {
  const known = tables.selectFrom('gate_names').where('upstream', '=', upstream)
  const asked = known.where('is_unknown', '=', NO).where('fresh_at_ms', '>=', sinceMs)
  const page = asked.orderBy('fresh_at_ms', 'desc').orderBy('id', 'desc').limit(limit)
  return page.select(['name', 'fresh_at_ms as freshAtMs']).execute()
}

function nameAt(tables: Tables, { upstream, name }: UpstreamName) {
  return tables.selectFrom('gate_names').where('upstream', '=', upstream).where('name', '=', name)
}

function updateName(tables: Tables, { upstream, name }: UpstreamName) {
  return tables.updateTable('gate_names').where('upstream', '=', upstream).where('name', '=', name)
}

interface Answer {
  /** Left out where the upstream knows no such name. */
  readonly page?: NewPage
  readonly atMs: number
}

async function keepPage(step: Step, place: UpstreamName, { page, atMs }: Answer): Promise<KeptName> {
  const before = await findOrAdd(step, place, atMs)
  const filesChanged = await keepFiles(step, page?.files ?? [], { nameId: before.id, atMs })
  const after: NameRow = { ...before, ...columnsOf(before, page), fresh_at_ms: atMs }
  const isChanged = filesChanged || before.revision === 0 || !showsAlike(before, after)
  const row = { ...after, revision: before.revision + (isChanged ? 1 : 0) }
  const { id: _id, upstream: _upstream, name: _name, ...columns } = row
  await step.updateTable('gate_names').set(columns).where('id', '=', row.id).execute()
  return toName(row)
}

/** Of a name that is unknown now, all stays but what an upstream would answer "unchanged" to. */
function columnsOf(
  before: NameRow,
  page: NewPage | undefined,
): Omit<NameRow, 'id' | 'upstream' | 'name' | 'fresh_at_ms' | 'revision'> {
  const { serial, status, tells_of_seals } = before
  if (page === undefined) return { etag: null, serial, status, tells_of_seals, is_unknown: YES }
  return {
    etag: page.etag,
    serial: page.serial,
    status: page.status,
    tells_of_seals: page.tellsOfSeals ? YES : NO,
    is_unknown: NO,
  }
}

function showsAlike(one: NameRow, other: NameRow): boolean {
  return (['status', 'tells_of_seals', 'is_unknown'] as const).every(
    (column) => one[column] === other[column],
  )
}

/** One that is new has the revision 0 until its first answer is written. */
async function findOrAdd(step: Step, { upstream, name }: UpstreamName, atMs: number): Promise<NameRow> {
  const nothing = { etag: null, serial: null, status: null, tells_of_seals: NO, is_unknown: NO }
  await step
    .insertInto('gate_names')
    .values({ upstream, name, ...nothing, fresh_at_ms: atMs, revision: 0 })
    .onConflict((conflict) => conflict.columns(['upstream', 'name']).doNothing())
    .execute()
  return nameAt(step, { upstream, name }).selectAll().executeTakeFirstOrThrow()
}

async function markServed(
  step: Step,
  place: UpstreamName,
  { fileName, atMs }: { readonly fileName: string; readonly atMs: number },
): Promise<void> {
  const name = await nameAt(step, place).select('id').executeTakeFirst()
  if (name === undefined) return
  const marked = await step
    .updateTable('gate_files')
    .set({ served_at_ms: atMs })
    .where('name_id', '=', name.id)
    .where('file_name', '=', fileName)
    .where('served_at_ms', 'is', null)
    .executeTakeFirst()
  if (marked.numUpdatedRows > 0n) await raiseRevision(step, place)
}

async function addMismatch(
  step: Step,
  place: UpstreamName,
  { fileName, kind, expected, found, atMs }: Parameters<GateStore['addMismatch']>[1],
): Promise<void> {
  const { upstream, name } = place
  const added = await step
    .insertInto('gate_mismatches')
    .values({ upstream, name, file_name: fileName, kind, expected, found, at_ms: atMs })
    .onConflict((conflict) => conflict.columns(['upstream', 'name', 'file_name', 'kind']).doNothing())
    .returning('id')
    .execute()
  if (added.length > 0) await raiseRevision(step, place)
}

async function raiseRevision(step: Step, place: UpstreamName): Promise<void> {
  await updateName(step, place)
    .set((row) => ({ revision: row('revision', '+', 1) }))
    .execute()
}

function toName(row: NameRow): KeptName {
  return {
    etag: row.etag,
    serial: row.serial,
    status: row.status,
    tellsOfSeals: row.tells_of_seals === YES,
    freshAtMs: row.fresh_at_ms,
    revision: row.revision,
    isUnknown: row.is_unknown === YES,
  }
}
