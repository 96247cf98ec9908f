import { describeLogStore } from '../../log/store.contract.ts'
import { openDatabase } from './database.ts'
import { createLogStore, logMigrations } from './log.ts'

describeLogStore('sqlite', async () => {
  const database = await openDatabase(':memory:', logMigrations)
  const [store, other] = [createLogStore(database, 'one'), createLogStore(database, 'two')]
  return { store, other, close: () => database.destroy() }
})
