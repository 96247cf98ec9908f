import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeKeyIndex } from '../../log/key-index.contract.ts'
import { openDatabase } from './database.ts'
import { createKeyIndex, keyIndexMigrations } from '../sql/key-index.ts'

describeKeyIndex('sqlite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wheelseal-index-'))
  const open = () => openDatabase(join(folder, 'index.db'), keyIndexMigrations)
  let database = await open()
  return {
    index: createKeyIndex(database),
    reopen: async () => {
      await database.destroy()
      database = await open()
      return createKeyIndex(database)
    },
    close: async () => {
      await database.destroy()
      await rm(folder, { recursive: true })
    },
  }
})
