import { describe, expect, it } from 'vitest'
import type { Traces } from './store.ts'

/** What every adapter of `Traces` must do. */
export function describeTraces(name: string, makeTraces: () => Promise<Traces>): void {
  const text = (value: string): Uint8Array => new TextEncoder().encode(value)
  const whole = async (traces: Traces, jobId: number, start = 0): Promise<string> => {
    const parts = []
    for await (const part of traces.read(jobId, start)) parts.push(part)
    return Buffer.concat(parts).toString()
  }

  describe(`traces: ${name}`, () => {
    it('appends where the log ends and nowhere else', async () => {
      const traces = await makeTraces()
      expect(await traces.append(1, 0, text('hello '))).toBe(6)
      expect(await traces.append(1, 6, text('world'))).toBe(11)
      expect(await traces.append(1, 6, text('again'))).toBe(11)
      expect(await traces.append(1, 12, text('gap'))).toBe(11)
      expect(await traces.size(1)).toBe(11)
      expect(await whole(traces, 1)).toBe('hello world')
      expect(await whole(traces, 1, 6)).toBe('world')
      expect(await whole(traces, 1, 11)).toBe('')
    })

    it('removes a log, and those of other jobs stay', async () => {
      const traces = await makeTraces()
      for (const jobId of [1, 2]) await traces.append(jobId, 0, text('hello'))
      await traces.remove(1)
      await traces.remove(1)
      await traces.remove(3)
      expect([await whole(traces, 1), await traces.size(1), await whole(traces, 2)]).toEqual(['', 0, 'hello'])
    })

    it('has an empty log for a job that has printed nothing', async () => {
      const traces = await makeTraces()
      expect(await traces.append(7, 0, text(''))).toBe(0)
      expect(await traces.size(7)).toBe(0)
      expect(await whole(traces, 7)).toBe('')
    })

    it('lets one of many win that append at one place, and keeps logs apart', async () => {
      const traces = await makeTraces()
      const jobs = [1, 1, 1, 1, 1001, 1001]
      await Promise.all(jobs.map((jobId, index) => traces.append(jobId, 0, text(`<${index}>`))))
      expect(await whole(traces, 1)).toMatch(/^<\d>$/)
      expect(await whole(traces, 1001)).toMatch(/^<[45]>$/)
    })

    it('reads a log longer than one chunk', async () => {
      const traces = await makeTraces()
      const long = 'x'.repeat(200_000)
      await traces.append(2, 0, text(long))
      expect(await whole(traces, 2, 1)).toHaveLength(199_999)
    })
  })
}
