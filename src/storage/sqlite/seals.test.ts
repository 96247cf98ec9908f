import { describeSealStore } from '../../registry/seals/store.contract.ts'
import { migrations } from '../sql/migrations.ts'
import { createRegistryStore } from '../sql/registry.ts'
import { createSealStore } from '../sql/seals.ts'
import { openTwice } from './two-connections.contract.ts'

describeSealStore('sqlite', () =>
  openTwice(migrations, (database) => ({
    ...createRegistryStore(database),
    ...createSealStore(database),
  })),
)
