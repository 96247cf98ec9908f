import { describe, expect, it } from 'vitest'
import { utf8 } from '../base/index.ts'
import { EMPTY_ROOT } from '../formats/merkle/index.ts'
import { openDatabase } from '../storage/sqlite/database.ts'
import { createLogStore, logMigrations } from '../storage/sqlite/log.ts'
import { checkLog, createLog, openLog, type LogStore, type TreeHead } from './index.ts'

async function grown(leaves: number): Promise<{ store: LogStore; head: TreeHead }> {
  let now = 1000
  const clock = { nowMs: () => (now += 1), sleep: async () => undefined }
  const store = createLogStore(await openDatabase(':memory:', logMigrations), 'test')
  await createLog({ store, clock }, utf8('genesis'))
  const log = await openLog({ store, clock })
  for (let count = 1; count < leaves; count += 1) await log.append(utf8(`leaf ${count}`))
  return { store, head: await log.head() }
}

describe('checkLog', () => {
  it('derives the head of the log from its leaves at every size', async () => {
    for (const leaves of [1, 2, 3, 7, 8, 13]) {
      const { store, head } = await grown(leaves)
      expect(await checkLog(store)).toEqual({ head, problems: [] })
    }
  })

  it('says of a log that was never created that it is empty', async () => {
    const store = createLogStore(await openDatabase(':memory:', logMigrations), 'test')
    expect(await checkLog(store)).toEqual({ head: { size: 0, root: EMPTY_ROOT }, problems: [] })
  })

  it.each<[string, (store: LogStore) => Partial<LogStore>, string]>([
    [
      'a leaf of which one bit flipped',
      (store) => ({
        leaf: async (index) => {
          const found = await store.leaf(index)
          return index === 4 && found ? { ...found, bytes: found.bytes.with(0, found.bytes[0]! ^ 1) } : found
        },
      }),
      'leaf 4 is not found by its hash',
    ],
    [
      'a leaf that is gone',
      (store) => ({ leaf: async (index) => (index === 4 ? undefined : store.leaf(index)) }),
      'leaf 4 is missing',
    ],
    [
      'a node that is gone',
      (store) => ({
        node: async (level, index) => (level === 2 && index === 1 ? undefined : store.node(level, index)),
      }),
      'node 1 of level 2 is missing or another',
    ],
    [
      'a node with the hash of another',
      (store) => ({
        node: async (level, index) => store.node(level, level === 1 && index === 3 ? 2 : index),
      }),
      'node 3 of level 1 is missing or another',
    ],
    [
      'an index that leads to another leaf',
      (store) => ({ find: async (hash) => ((await store.find(hash)) === 5 ? 4 : store.find(hash)) }),
      'leaf 5 is not found by its hash',
    ],
    [
      'a time that runs backwards',
      (store) => ({
        leaf: async (index) => {
          const found = await store.leaf(index)
          return index === 6 && found ? { ...found, timeMs: 1 } : found
        },
      }),
      'leaf 6 is older than the one before',
    ],
  ])('names %s', async (_what, change, problem) => {
    const { store } = await grown(9)
    const { problems } = await checkLog({ ...store, ...change(store) })
    expect(problems).toContain(problem)
  })

  it('keeps a hundred problems and still derives the head', async () => {
    const { store, head } = await grown(120)
    const check = await checkLog({ ...store, node: async () => undefined })
    expect(check.problems).toHaveLength(100)
    expect(check.head).toEqual(head)
  })
})
