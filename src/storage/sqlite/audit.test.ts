import { describeAuditStore } from '../../access/audit.contract.ts'
import { auditMigrations, createAuditStore } from '../sql/audit.ts'
import { openDatabase } from './database.ts'

describeAuditStore('sqlite', async () => {
  const database = await openDatabase(':memory:', auditMigrations)
  return { store: createAuditStore(database), close: () => database.destroy() }
})
