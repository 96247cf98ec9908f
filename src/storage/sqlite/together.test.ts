import { sql, type Kysely } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createTogether, type Together } from '../sql/together.ts'
import { openDatabase } from './database.ts'

type Tables = { readonly kept: { readonly text: string } }

let database: Kysely<Tables>
let together: Together<Tables>
beforeEach(async () => {
  database = (await openDatabase(':memory:', {})).$extendTables<Tables>()
  await sql`create table kept (text text primary key)`.execute(database)
  together = createTogether(database)
})
afterEach(() => database.destroy())

const keep = (text: string): Promise<unknown> =>
  together(async (step) => {
    await step.insertInto('kept').values({ text }).execute()
    return step
  })

async function kept(): Promise<readonly string[]> {
  return (await database.selectFrom('kept').select('text').orderBy('text').execute()).map(({ text }) => text)
}

async function settled(...all: readonly Promise<unknown>[]): Promise<readonly string[]> {
  return (await Promise.allSettled(all)).map(({ status }) => status)
}

describe('writes that come together', () => {
  it('are one transaction, and each gets its own result', async () => {
    const [one, other, number] = await Promise.all([keep('a'), keep('b'), together(async () => 7)])
    expect(other).toBe(one)
    expect(number).toBe(7)
    expect(await kept()).toEqual(['a', 'b'])
  })

  it('are another transaction where they come later', async () => {
    const one = await keep('a')
    expect(await keep('b')).not.toBe(one)
    expect(await kept()).toEqual(['a', 'b'])
  })

  it('are all kept where they are more than one transaction takes', async () => {
    const texts = Array.from({ length: 150 }, (_, at) => String(at).padStart(3, '0'))
    const steps = new Set(await Promise.all(texts.map(keep)))
    expect(steps.size).toBe(3)
    expect(await kept()).toEqual(texts)
  })

  it('fail one by one, and what fails leaves nothing', async () => {
    await keep('b')
    const half = together(async (step) => {
      await step.insertInto('kept').values({ text: 'half' }).execute()
      throw new Error('and no more')
    })
    expect(await settled(keep('a'), keep('b'), half, keep('c'))).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
      'fulfilled',
    ])
    expect(await kept()).toEqual(['a', 'b', 'c'])
    await expect(half).rejects.toThrow('and no more')
  })

  it('fail all where none can be written', async () => {
    await sql`pragma query_only = on`.execute(database)
    expect(await settled(keep('a'), keep('b'))).toEqual(['rejected', 'rejected'])
    await sql`pragma query_only = off`.execute(database)
    expect(await kept()).toEqual([])
    await keep('c')
    expect(await kept()).toEqual(['c'])
  })

  it('go on where one of them comes while another is written', async () => {
    let late: Promise<unknown> | undefined
    const first = together(async (step) => {
      late ??= keep('late')
      await step.insertInto('kept').values({ text: 'first' }).execute()
      return step
    })
    expect(await first).not.toBe(await late)
    expect(await kept()).toEqual(['first', 'late'])
  })
})
