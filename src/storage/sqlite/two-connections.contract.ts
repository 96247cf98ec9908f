import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TwoHandles } from '../../base/two-handles.contract.ts'
import type { Database } from '../sql/index.ts'
import { openDatabase } from './database.ts'

/** Two stores over two connections to one new file. `reopen` ends both and opens a third. */
export async function openTwice<Store>(
  steps: Parameters<typeof openDatabase>[1],
  createStore: (database: Database) => Store,
): Promise<TwoHandles<Store> & { reopen(): Promise<Store> }> {
  const folder = await mkdtemp(join(tmpdir(), 'wheelseal-two-'))
  const open = (): Promise<Database> => openDatabase(join(folder, 'x.db'), steps)
  let databases = [await open(), await open()] as const
  const destroy = (): Promise<unknown> => Promise.all(databases.map((database) => database.destroy()))
  return {
    first: createStore(databases[0]),
    second: createStore(databases[1]),
    reopen: async () => {
      await destroy()
      const third = await open()
      databases = [third, third]
      return createStore(third)
    },
    close: async () => {
      await destroy()
      await rm(folder, { recursive: true })
    },
  }
}
