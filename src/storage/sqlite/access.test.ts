import { describeAccessStore } from '../../access/store.contract.ts'
import { accessMigrations, createAccessStore } from './access.ts'
import { openDatabase } from './database.ts'

describeAccessStore('sqlite', async () => createAccessStore(await openDatabase(':memory:', accessMigrations)))
