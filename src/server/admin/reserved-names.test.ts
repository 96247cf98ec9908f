import { expect, it } from 'vitest'
import { createAccess } from '../../access/index.ts'
import { silentLog, systemClock, systemEntropy } from '../../host/index.ts'
import { createAccessStore, migrations } from '../../storage/sql/index.ts'
import { openDatabase } from '../../storage/sqlite/index.ts'
import { adminApp, publicRoutes } from '../routes.ts'
import type { Services } from '../services.ts'

/** Stands for every service: whatever is looked up or called gives the same again. No request is ever made. */
function untouched(): Services {
  const dummy: object = new Proxy(() => undefined, { get: () => dummy, apply: () => dummy })
  return dummy as Services
}

it('no group can have the name of anything that is served', async () => {
  const apps = [...publicRoutes(untouched(), silentLog), adminApp(untouched(), silentLog)]
  const paths = apps.flatMap(({ routes }) => routes.map(({ path }) => path))
  const served = new Set(paths.map((path) => path.split('/')[1] ?? '').filter((name) => name !== '*'))
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
