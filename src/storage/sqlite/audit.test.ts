import { describeAuditStore } from '../../access/audit.contract.ts'
import { auditMigrations, createAuditStore } from '../sql/audit.ts'
import { openTwice } from './two-connections.contract.ts'

describeAuditStore('sqlite', () => openTwice(auditMigrations, createAuditStore))
