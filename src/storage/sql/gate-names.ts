import type { Kysely, Selectable, Transaction } from 'kysely'
import type { GateStore, KeptName, NewPage, UpstreamName } from '../../gate/index.ts'
import { addFiles, keepFiles, listFiles, listGone } from './gate-files.ts'
import type { GateTables } from './gate-tables.ts'
import type { Together } from './together.ts'
import { alone } from './transactions.ts'

type Tables = Kysely<GateTables>
type Step = Transaction<GateTables>
type NameRow = Selectable<GateTables['gate_names']>

const YES = 1
const NO = 0

/** More at once are a transaction of their own, for which no other waits. */
const MAX_FILES_TOGETHER = 200

export function nameQueries(
  tables: Tables,
  together: Together<GateTables>,
): Pick<
  GateStore,
  | 'findName'
  | 'listFiles'
  | 'keepPage'
  | 'keepFresh'
  | 'keepUnknown'
  | 'markServed'
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
    keepPage: (place, page, atMs) => {
      const keep = (step: Step): Promise<KeptName> => keepPage(step, place, { page, atMs })
      return page.files.length > MAX_FILES_TOGETHER ? alone(tables, keep) : together(keep)
    },
    keepFresh: (place, atMs) => together((step) => keepFresh(step, place, atMs)),
    keepUnknown: (place, atMs) => alone(tables, (step) => keepPage(step, place, { atMs })),
    markServed: (place, fileName, atMs) => together((step) => markServed(step, place, { fileName, atMs })),
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

/** Of a name of which nothing is kept. */
const NOTHING = { serial: null, status: null, tells_of_seals: NO } as const

async function keepFresh(step: Step, place: UpstreamName, atMs: number): Promise<void> {
  await updateName(step, place).set({ fresh_at_ms: atMs }).execute()
}

interface Answer {
  /** Left out where the upstream knows no such name. */
  readonly page?: NewPage
  readonly atMs: number
}

async function keepPage(step: Step, place: UpstreamName, answer: Answer): Promise<KeptName> {
  const before = await nameAt(step, place).selectAll().executeTakeFirst()
  return before === undefined ? addPage(step, place, answer) : replacePage(step, before, answer)
}

/** Nothing is kept of the name: nothing of it need be compared. */
async function addPage(
  step: Step,
  { upstream, name }: UpstreamName,
  { page, atMs }: Answer,
): Promise<KeptName> {
  const columns = { ...columnsOf(NOTHING, page), fresh_at_ms: atMs, revision: 1 }
  const adding = step.insertInto('gate_names').values({ upstream, name, ...columns })
  const { id } = await adding.returning('id').executeTakeFirstOrThrow()
  await addFiles(step, page?.files ?? [], { nameId: id, atMs })
  return toName({ id, upstream, name, ...columns })
}

async function replacePage(step: Step, before: NameRow, { page, atMs }: Answer): Promise<KeptName> {
  const filesChanged = await keepFiles(step, page?.files ?? [], { nameId: before.id, atMs })
  const after: NameRow = { ...before, ...columnsOf(before, page), fresh_at_ms: atMs }
  const isChanged = filesChanged || !showsAlike(before, after)
  const row = { ...after, revision: before.revision + (isChanged ? 1 : 0) }
  const { id: _id, upstream: _upstream, name: _name, ...columns } = row
  await step.updateTable('gate_names').set(columns).where('id', '=', row.id).execute()
  return toName(row)
}

/** Of a name that is unknown now, all stays but what an upstream would answer "unchanged" to. */
function columnsOf(
  before: Pick<NameRow, 'serial' | 'status' | 'tells_of_seals'>,
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

/** Of what a page may show. */
export async function raiseRevision(step: Step, place: UpstreamName): Promise<void> {
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
