import { expect, it } from 'vitest'
import { createAccess } from '../../access/index.ts'
import { systemClock, systemEntropy } from '../../host/index.ts'
import { createAccessStore, migrations } from '../../storage/sql/index.ts'
import { openDatabase } from '../../storage/sqlite/index.ts'
import { portRoutes, socketRoutes } from '../served-routes.contract.ts'

it('no group can have the name of anything that is served', async () => {
  const routes = [...portRoutes(), ...socketRoutes()]
  const served = new Set(routes.map(({ path }) => path.split('/')[1] ?? ''))
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
