import { expect, it } from 'vitest'
import { healthRoutes } from './health.ts'

it('is alive and ready, or alive and says why it is not ready', async () => {
  for (const reasons of [[], ['the disk is full', 'a commit failed: open [file]']]) {
    const app = healthRoutes(() => reasons.map((reason) => reason.replace('[file]', '/srv/data/logs')))
    expect((await app.request('/healthz')).status).toBe(200)
    const answer = await app.request('/readyz')
    const said = reasons.length === 0 ? { ready: true } : { ready: false, reasons }
    expect([answer.status, await answer.json()]).toEqual([reasons.length === 0 ? 200 : 503, said])
  }
})

it('says what will end before long, and stays ready', async () => {
  const app = healthRoutes(
    () => [],
    () => ['a certificate expires at 2030-01-01T00:00:00Z'],
  )
  const answer = await app.request('/readyz')
  expect([answer.status, await answer.json()]).toEqual([
    200,
    { ready: true, warnings: ['a certificate expires at 2030-01-01T00:00:00Z'] },
  ])
})
