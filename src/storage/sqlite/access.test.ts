import { describeAccessStore } from '../../access/store.contract.ts'
import { accessMigrations, createAccessStore } from '../sql/access.ts'
import { openDatabase } from './database.ts'

describeAccessStore('sqlite', async () => createAccessStore(await openDatabase(':memory:', accessMigrations)))
