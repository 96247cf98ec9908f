import { expect, it } from 'vitest'
import { healthRoutes } from './health.ts'

it('is alive and ready, or alive and not ready, each with its own status', async () => {
  for (const ready of [true, false]) {
    const app = healthRoutes(() => ready)
    expect((await app.request('/healthz')).status).toBe(200)
    const answer = await app.request('/readyz')
    expect([answer.status, await answer.json()]).toEqual([ready ? 200 : 503, { ready }])
  }
})
