import { describeAccessStore } from '../../access/store.contract.ts'
import { accessMigrations, createAccessStore } from '../sql/access.ts'
import { openTwice } from './two-connections.contract.ts'

describeAccessStore('sqlite', () => openTwice(accessMigrations, createAccessStore))
