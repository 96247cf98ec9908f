import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildPackages } from '../support/gate-packages.ts'
import { startGateUpstream, type GateUpstream } from '../support/gate-upstream.ts'
import { everyInstaller, INSTALLERS, newConsumer } from '../support/installers.ts'
import { present } from '../support/judges.ts'
import { temporaryFolder } from '../support/server.ts'

/** The cheapest alone, unless all are asked for. */
const installers = INSTALLERS.filter(({ name }) => process.env['WHEELSEAL_MATRIX'] === 'all' || name === 'uv')

/** Without a gate, so that what goes wrong in front of one is its own doing. */
describe.runIf(present(...everyInstaller))('the stock installers', () => {
  let upstream: GateUpstream
  let sha256 = ''

  beforeAll(async () => {
    const { path, remove } = await temporaryFolder()
    const [demo, needs, newer] = await buildPackages(path, [
      { name: 'demo', version: '1.0' },
      { name: 'needs-demo', version: '1.0', requires: ['demo<2'] },
      { name: 'demo', version: '2.0' },
    ])
    sha256 = demo?.wheel.sha256 ?? ''
    const uploadedAtMs = Date.now() - 30 * 86_400_000
    upstream = await startGateUpstream(
      [demo, needs, newer]
        .flatMap((one) => (one === undefined ? [] : [one.wheel, one.sdist]))
        .map((file) => ({ file, uploadedAtMs, provenance: null })),
    )
    return remove
  })
  afterAll(() => upstream.close())

  it.each(installers)('$name installs from an index what it is asked for', async (installer) => {
    const aim = { index: upstream.url }
    const consumer = await newConsumer({ installer, aim, wanted: { requirement: 'needs-demo' } })
    const outcome = await consumer.run('install')
    expect(outcome?.code, outcome?.output).toBe(0)
    expect(outcome?.installed).toEqual({ demo: '1.0', 'needs-demo': '1.0' })
    await consumer.place.remove()
  })

  it.each(installers.filter(({ hash }) => hash !== undefined))(
    '$name installs by hash',
    async (installer) => {
      const wanted = { requirement: 'demo==1.0', sha256s: [sha256] }
      const consumer = await newConsumer({ installer, aim: { index: upstream.url }, wanted })
      const outcome = await consumer.run('hash')
      expect(outcome?.code, outcome?.output).toBe(0)
      expect(outcome?.installed).toEqual({ demo: '1.0' })
      await consumer.place.remove()
    },
  )

  it.each(installers.filter(({ lock }) => lock !== undefined))(
    '$name locks, and installs what it has locked',
    async (installer) => {
      const aim = { index: upstream.url }
      const consumer = await newConsumer({ installer, aim, wanted: { requirement: 'demo<2' } })
      const locked = await consumer.run('lock')
      expect([locked?.code, locked?.installed], locked?.output).toEqual([0, {}])
      const outcome = await consumer.run('sync')
      expect(outcome?.code, outcome?.output).toBe(0)
      expect(outcome?.installed).toEqual({ demo: '1.0' })
      await consumer.place.remove()
    },
  )
})
