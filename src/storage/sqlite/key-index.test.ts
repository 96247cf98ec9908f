import { describeKeyIndex } from '../../log/key-index.contract.ts'
import { createKeyIndex, keyIndexMigrations } from '../sql/key-index.ts'
import { openTwice } from './two-connections.contract.ts'

describeKeyIndex('sqlite', () => openTwice(keyIndexMigrations, createKeyIndex))
