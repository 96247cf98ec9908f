import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import type { Clock } from '../base/index.ts'
import { measured } from './metrics-routes.ts'
import { createMetrics } from './metrics.ts'

describe('the exposition', () => {
  it('of a counter and of gauges is what Prometheus reads', async () => {
    const metrics = createMetrics()
    const count = metrics.counter('things_total', 'Things.')
    metrics.gauge('size', 'A size.', async () => [{ value: 7 }, { labels: { of: 'x' }, value: 0.5 }])
    metrics.gauge('seconds_total', 'Seconds.', () => [{ value: 1 }])
    count({ of: 'a' })
    count({ of: 'a' })
    count({ of: 'a"b\\\n' })
    expect(await metrics.text()).toBe(`# HELP things_total Things.
# TYPE things_total counter
things_total{of="a"} 2
things_total{of="a\\"b\\\\\\n"} 1
# HELP size A size.
# TYPE size gauge
size 7
size{of="x"} 0.5
# HELP seconds_total Seconds.
# TYPE seconds_total counter
seconds_total 1
`)
  })

  it('of a histogram adds its buckets up', async () => {
    const metrics = createMetrics()
    const observe = metrics.histogram('time', 'Time.')
    for (const seconds of [0.005, 0.006, 0.3, 61]) observe(seconds, { route: '/a' })
    const lines = (await metrics.text()).split('\n')
    expect(lines.slice(0, 2)).toEqual(['# HELP time Time.', '# TYPE time histogram'])
    const bucket = (le: string): string | undefined => lines.find((line) => line.includes(`le="${le}"`))
    expect(bucket('0.005')).toBe('time_bucket{route="/a",le="0.005"} 1')
    expect(bucket('0.01')).toBe('time_bucket{route="/a",le="0.01"} 2')
    expect(bucket('0.25')).toBe('time_bucket{route="/a",le="0.25"} 2')
    expect(bucket('60')).toBe('time_bucket{route="/a",le="60"} 3')
    expect(bucket('+Inf')).toBe('time_bucket{route="/a",le="+Inf"} 4')
    expect(lines.find((line) => line.startsWith('time_sum'))).toBe('time_sum{route="/a"} 61.311')
    expect(lines.find((line) => line.startsWith('time_count'))).toBe('time_count{route="/a"} 4')
  })

  it('leaves a gauge out that cannot be read', async () => {
    const metrics = createMetrics()
    metrics.gauge('broken', 'B.', () => {
      throw new Error('broken')
    })
    metrics.gauge('whole', 'W.', () => [{ value: 1 }])
    expect(await metrics.text()).toBe('# HELP whole W.\n# TYPE whole gauge\nwhole 1\n')
  })
})

describe('measured', () => {
  it('counts by pattern and class of status, never by path, and times with the clock', async () => {
    const metrics = createMetrics()
    let nowMs = 1000
    const clock: Clock = { nowMs: () => nowMs, sleep: async () => undefined }
    const app = new Hono<{ Bindings: never }>()
    app.use(measured(metrics, clock) as never)
    app.get('/files/:id{[0-9]{1,3}}/:name', (context) => {
      nowMs += 300
      return context.text('x', 404)
    })
    app.post('/fails', () => {
      throw new Error('broken')
    })
    app.onError((_error, context) => context.text('', 500))
    await app.request('/files/1/secret')
    await app.request('/files/2/other')
    await app.request('/files/2/other', { method: 'HEAD' })
    await app.request('/fails', { method: 'POST' })
    await app.request('/nowhere/at/all', { method: 'PROPFIND' })
    const text = await metrics.text()
    const counted = text.split('\n').filter((line) => line.startsWith('wheelseal_http_requests_total'))
    expect(counted).toEqual([
      'wheelseal_http_requests_total{method="GET",route="/files/:id/:name",status="4xx"} 2',
      'wheelseal_http_requests_total{method="HEAD",route="/files/:id/:name",status="4xx"} 1',
      'wheelseal_http_requests_total{method="POST",route="/fails",status="5xx"} 1',
      'wheelseal_http_requests_total{method="other",route="none",status="4xx"} 1',
    ])
    expect(text).toContain('{method="GET",route="/files/:id/:name",le="0.25"} 0\n')
    expect(text).toContain('{method="GET",route="/files/:id/:name",le="0.5"} 2\n')
    expect(text).not.toMatch(/secret|nowhere/)
  })
})
