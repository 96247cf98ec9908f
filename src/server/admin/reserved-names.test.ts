import { expect, it } from 'vitest'
import { createAccess } from '../../access/index.ts'
import { systemClock, systemEntropy } from '../../host/index.ts'
import { createAccessStore, migrations } from '../../storage/sql/index.ts'
import { openDatabase } from '../../storage/sqlite/index.ts'
import { portRoutes, socketRoutes } from '../served-routes.contract.ts'

it('no group can have the name of anything that is served', async () => {
  const routes = [...portRoutes(), ...socketRoutes()]
  // The front page, and the pages of projects, which lie below the names of groups.
  const first = routes.map(({ path }) => path.split('/')[1] ?? '').filter((name) => !/^(?::.*)?$/.test(name))
  const served = new Set(first)
  expect(served.size).toBeGreaterThan(6)
  const database = await openDatabase(':memory:', migrations)
  const store = createAccessStore(database)
  const access = createAccess({ store, clock: systemClock, entropy: systemEntropy })
  for (const name of served) {
    const made = access.createProject({ path: `${name}/project` })
    await expect(made, name).rejects.toMatchObject({ code: 'access.reserved' })
  }
  await database.destroy()
})
