import { describeRegistryStore } from '../../registry/store.contract.ts'
import { openDatabase } from './database.ts'
import { createRegistryStore, registryMigrations } from './registry.ts'

describeRegistryStore('sqlite', async () =>
  createRegistryStore(await openDatabase(':memory:', registryMigrations)),
)
