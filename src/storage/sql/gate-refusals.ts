import type { Expression, ExpressionBuilder, Kysely, Selectable, Transaction } from 'kysely'
import type { CountedRefusal, Counts, GateStore, LetThrough, Refusal } from '../../gate/index.ts'
import { inBatches, PAGE_ROWS } from './gate-batches.ts'
import type { GateTables } from './gate-tables.ts'
import type { Together } from './together.ts'
import { alone } from './transactions.ts'

type Tables = Kysely<GateTables>

const HOUR_MS = 3_600_000

export interface RefusalOptions {
  /** Of those that happened since, a list looks at so many, the last ones. */
  readonly lookedAt: number
}

export function refusalQueries(
  tables: Tables,
  { lookedAt, together }: RefusalOptions & { readonly together: Together<GateTables> },
): Pick<
  GateStore,
  | 'noteRefusal'
  | 'noteLetThrough'
  | 'letThrough'
  | 'findRefusal'
  | 'listRefusals'
  | 'forgetRefusals'
  | 'trimNameRefusals'
  | 'count'
  | 'countsSince'
> {
  return {
    noteRefusal: (refusal, atMs, times = 1) =>
      together((step) => noteRefusal(step, refusal, { atMs, times, letThrough: 0 })),
    noteLetThrough: (refusal, atMs, times) =>
      together((step) => noteRefusal(step, refusal, { atMs, times: 0, letThrough: times })),
    letThrough: (gate, page) => letThrough(tables, gate, { ...page, lookedAt }),
    findRefusal: async (gate, id) => {
      const refusals = tables.selectFrom('gate_refusals').selectAll().where('gate', '=', gate)
      const row = await refusals.where('id', '=', id).executeTakeFirst()
      return row && toRefusal(row)
    },
    listRefusals: (gate, page) => listRefusals(tables, gate, { ...page, lookedAt }),
    forgetRefusals: (beforeMs) => forgetRefusals(tables, beforeMs),
    trimNameRefusals: (gate, keep) => trimNameRefusals(tables, gate, keep),
    count: (gate, atMs, ...[what, times = 1]) =>
      count(tables, { gate, hour: hourOf(atMs) }, { [what]: times }),
    countsSince: (gate, sinceMs) => countsSince(tables, gate, hourOf(sinceMs)),
  }
}

async function noteRefusal(
  tables: Tables,
  refusal: Refusal,
  {
    atMs,
    times,
    letThrough: passed,
  }: { readonly atMs: number; readonly times: number; readonly letThrough: number },
): Promise<void> {
  const { fileName, ...columns } = refusal
  const counted = { first_at_ms: atMs, last_at_ms: atMs, times, let_through_times: passed }
  await tables
    .insertInto('gate_refusals')
    .values({ ...columns, file_name: fileName, ...counted })
    .onConflict((conflict) =>
      conflict.columns(['gate', 'id']).doUpdateSet((row) => ({
        times: row('gate_refusals.times', '+', times),
        let_through_times: row('gate_refusals.let_through_times', '+', passed),
        ...(times === 0 ? {} : { first_at_ms: firstTold(row, atMs) }),
        last_at_ms: atMs,
      })),
    )
    .execute()
}

/** What was only let through, or listed, was told to no one yet. */
function firstTold(row: ExpressionBuilder<GateTables, 'gate_refusals'>, atMs: number): Expression<number> {
  const first = row.ref('gate_refusals.first_at_ms')
  return row.case().when('gate_refusals.times', '=', 0).then(atMs).else(first).end()
}

type Page = Parameters<GateStore['listRefusals']>[1] & RefusalOptions

function lastOnes(tables: Tables, gate: string, { sinceMs, lookedAt }: Page) {
  return tables
    .selectFrom('gate_refusals')
    .selectAll()
    .where('gate', '=', gate)
    .where('last_at_ms', '>=', sinceMs)
    .orderBy('last_at_ms', 'desc')
    .limit(lookedAt)
    .as('looked')
}

async function listRefusals(tables: Tables, gate: string, asked: Page): Promise<readonly CountedRefusal[]> {
  const looked = lastOnes(tables, gate, asked)
  const page = tables.selectFrom(looked).selectAll().orderBy('times', 'desc').orderBy('last_at_ms', 'desc')
  return (await page.orderBy('number', 'desc').limit(asked.limit).execute()).map(toRefusal)
}

async function letThrough(tables: Tables, gate: string, asked: Page): Promise<LetThrough> {
  const releases = await tables
    .selectFrom(lastOnes(tables, gate, asked))
    .where('let_through_times', '>', 0)
    .groupBy(['code', 'name', 'version'])
    .select(['code', 'name', 'version'])
    .select(({ fn }) => [
      fn.min('id').as('id'),
      fn.countAll<number>().as('files'),
      fn.sum<number>('let_through_times').as('requests'),
      fn.max('last_at_ms').as('lastAtMs'),
    ])
    .orderBy('lastAtMs', 'desc')
    .orderBy('id')
    .limit(asked.lookedAt)
    .execute()
  return { grounds: byGround(releases), releases: releases.slice(0, asked.limit) }
}

function byGround(releases: LetThrough['releases']): LetThrough['grounds'] {
  const grounds = new Map<string, LetThrough['grounds'][number]>()
  for (const { code, files, requests } of releases) {
    const before = grounds.get(code) ?? { code, releases: 0, files: 0, requests: 0 }
    grounds.set(code, {
      code,
      releases: before.releases + 1,
      files: before.files + files,
      requests: before.requests + requests,
    })
  }
  return [...grounds.values()].toSorted((a, b) => b.releases - a.releases || b.requests - a.requests)
}

function toRefusal(row: Selectable<GateTables['gate_refusals']>): CountedRefusal {
  const { id, gate, name, version, code, sentence, report } = row
  return {
    id,
    gate,
    name,
    version,
    fileName: row.file_name,
    code,
    sentence,
    report,
    firstAtMs: row.first_at_ms,
    lastAtMs: row.last_at_ms,
    count: row.times,
  }
}

async function forgetRefusals(tables: Tables, beforeMs: number): Promise<void> {
  await alone(tables, async (step) => {
    const old = step.selectFrom('gate_refusals').select('number').where('last_at_ms', '<', beforeMs)
    await removeAll(step, () => old.orderBy('last_at_ms').limit(PAGE_ROWS).execute())
  })
}

async function trimNameRefusals(tables: Tables, gate: string, keep: number): Promise<void> {
  await alone(tables, async (step) => {
    const all = step.selectFrom('gate_refusals').select('number').where('gate', '=', gate)
    const ofNames = all.where('file_name', '=', '').orderBy('last_at_ms', 'desc').orderBy('number', 'desc')
    await removeAll(step, () => ofNames.limit(PAGE_ROWS).offset(keep).execute())
  })
}

async function removeAll(
  step: Transaction<GateTables>,
  some: () => Promise<readonly { readonly number: number }[]>,
): Promise<void> {
  for (let rows = await some(); rows.length > 0; rows = await some())
    await inBatches(rows, async (batch) => {
      const numbers = batch.map(({ number }) => number)
      await step.deleteFrom('gate_refusals').where('number', 'in', numbers).execute()
    })
}

function hourOf(atMs: number): number {
  return atMs - (atMs % HOUR_MS)
}

const NONE: Counts = { served: 0, held: 0, refused: 0, wouldRefuse: 0 }

async function count(
  tables: Tables,
  { gate, hour }: { readonly gate: string; readonly hour: number },
  counts: Partial<Counts>,
): Promise<void> {
  const { wouldRefuse, ...others } = { ...NONE, ...counts }
  const more = { ...others, would_refuse: wouldRefuse }
  await tables
    .insertInto('gate_counts')
    .values({ gate, hour_at_ms: hour, ...more })
    .onConflict((conflict) =>
      conflict.columns(['gate', 'hour_at_ms']).doUpdateSet((row) => ({
        served: row('gate_counts.served', '+', more.served),
        held: row('gate_counts.held', '+', more.held),
        refused: row('gate_counts.refused', '+', more.refused),
        would_refuse: row('gate_counts.would_refuse', '+', more.would_refuse),
      })),
    )
    .execute()
}

async function countsSince(tables: Tables, gate: string, hour: number): Promise<Counts> {
  const hours = tables.selectFrom('gate_counts').selectAll().where('gate', '=', gate)
  const sum: { -readonly [What in keyof Counts]: number } = { ...NONE }
  for (const row of await hours.where('hour_at_ms', '>=', hour).execute()) {
    sum.served += row.served
    sum.held += row.held
    sum.refused += row.refused
    sum.wouldRefuse += row.would_refuse
  }
  return sum
}
