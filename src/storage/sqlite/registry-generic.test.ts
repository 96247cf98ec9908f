import { describeGenericStore } from '../../registry/generic-store.contract.ts'
import { createGenericStore } from '../sql/registry-generic.ts'
import { createPackagesStore } from '../sql/registry-packages.ts'
import { createRegistryStore, registryMigrations } from '../sql/registry.ts'
import { openTwice } from './two-connections.contract.ts'

describeGenericStore('sqlite', () =>
  openTwice(registryMigrations, (database) => ({
    ...createRegistryStore(database),
    ...createGenericStore(database),
    ...createPackagesStore(database),
  })),
)
