import type { Kysely } from 'kysely'
import { atOneMoment } from './transactions.ts'

/** Rows of one statement: few different ones, so that each is prepared once; with 20 values each, below 32,766. */
const SIZES = [256, 64, 16, 4, 1] as const
/** Rows that are read at once. */
export const PAGE_ROWS = 500

/** All of `rows` in their order. Between two parts others have their turn: none holds up the process for long. */
export async function inBatches<Row>(
  rows: readonly Row[],
  work: (batch: readonly Row[]) => Promise<void>,
): Promise<void> {
  let at = 0
  for (const size of SIZES)
    for (; rows.length - at >= size; at += size) {
      await work(rows.slice(at, at + size))
      if (size > 1) await othersTurn()
    }
}

/** All rows by `id`, as they are at one moment. Where they are few that is one statement, and no transaction. */
export async function allRows<Tables, Row extends { readonly id: number }>(
  tables: Kysely<Tables>,
  page: (tables: Kysely<Tables>, afterId: number) => Promise<readonly Row[]>,
): Promise<readonly Row[]> {
  const first = await page(tables, 0)
  if (first.length < PAGE_ROWS) return first
  return atOneMoment(tables, async (step) => {
    const rows: Row[] = []
    await inPages(
      (afterId) => page(step, afterId),
      (more) => {
        for (const row of more) rows.push(row)
      },
    )
    return rows
  })
}

/** All rows, page by page, in ascending order of `id`. To be called at one moment of the database. */
export async function inPages<Row extends { readonly id: number }>(
  page: (afterId: number) => Promise<readonly Row[]>,
  work: (rows: readonly Row[]) => void,
): Promise<void> {
  for (let afterId = 0; ;) {
    const rows = await page(afterId)
    work(rows)
    const last = rows.at(-1)
    if (last === undefined || rows.length < PAGE_ROWS) return
    afterId = last.id
    await othersTurn()
  }
}

function othersTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
