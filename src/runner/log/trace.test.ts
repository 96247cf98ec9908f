import { describe, expect, it } from 'vitest'
import type { JobAnswer, RunnerApi } from '../api/api.ts'
import { createTrace } from './trace.ts'
import { startTraceSender, type ServerWish } from './trace-sender.ts'

const text = (size: number): Uint8Array => new Uint8Array(Buffer.alloc(size, 'x'))

describe('a trace', () => {
  it('has the checksum that zlib and GitLab give it', () => {
    const trace = createTrace(1 << 24)
    trace.append(Buffer.from('123456'))
    trace.append(Buffer.from('789'))
    expect(trace.checksum()).toBe('crc32:cbf43926')
  })

  it('keeps no more than its limit', () => {
    const trace = createTrace(10)
    trace.append(text(7))
    trace.append(text(25))
    trace.append(text(25))
    expect([trace.size, trace.slice(0, 99).length]).toEqual([10, 10])
  })
})

describe('the sender of a trace', () => {
  it('sends by time and goes on after what was sent', async () => {
    const { trace, patches, beat, sender } = arrange()
    trace.append(text(5))
    await beat()
    trace.append(text(3))
    await sender.finish({ state: 'success' })
    expect(patches).toEqual([
      [0, 5],
      [5, 3],
    ])
  })

  it('sends before its time when much waits', async () => {
    const { trace, patches, sender, settle } = arrange()
    trace.append(text(70_000))
    sender.appended()
    await settle()
    expect(patches).toEqual([[0, 70_000]])
  })

  it('sends no more than one MiB at once', async () => {
    const { trace, patches, sender } = arrange()
    trace.append(text((1 << 20) + 7))
    await sender.finish({ state: 'success' })
    expect(patches).toEqual([
      [0, 1 << 20],
      [1 << 20, 7],
    ])
  })

  it('goes on where the server stands after 416', async () => {
    const { trace, patches, sender } = arrange({ patch: [{ status: 416, traceSize: 2 }] })
    trace.append(text(5))
    await sender.finish({ state: 'success' })
    expect(patches).toEqual([
      [0, 5],
      [2, 3],
    ])
  })

  it('refuses a server that claims more than was sent', async () => {
    const { trace, sender } = arrange({ patch: [{ status: 416, traceSize: 99 }] })
    trace.append(text(5))
    await expect(sender.finish({ state: 'success' })).rejects.toMatchObject({ code: 'runner.server' })
  })

  it('gives up on a server that answers 416 without end', async () => {
    const { trace, patches, sender } = arrange({ patch: endlessly({ status: 416, traceSize: 0 }) })
    trace.append(text(5))
    await expect(sender.finish({ state: 'success' })).rejects.toMatchObject({ code: 'runner.server' })
    expect(patches.length).toBeLessThan(20)
  })

  it('gives up on a server that answers 412 without end', async () => {
    const { trace, updates, sender } = arrange({ update: endlessly({ status: 412 }) })
    trace.append(text(5))
    expect(await sender.finish({ state: 'success' })).toBe(false)
    expect(updates.length).toBeLessThan(20)
  })

  it('sends the whole log again after 412', async () => {
    const { trace, patches, updates, sender } = arrange({ update: [{ status: 412 }] })
    trace.append(text(5))
    expect(await sender.finish({ state: 'success' })).toBe(true)
    expect(patches).toEqual([
      [0, 5],
      [0, 5],
    ])
    expect(updates).toEqual(['success', 'success'])
  })

  it('asks again after 202', async () => {
    const { updates, beat, sender } = arrange({ update: [{ status: 202, updateIntervalSeconds: 5 }] })
    const finished = sender.finish({ state: 'failed' })
    await beat()
    expect(await finished).toBe(true)
    expect(updates).toEqual(['failed', 'failed'])
  })

  it('keeps the job alive while there is nothing to send', async () => {
    const { updates, beat, sender } = arrange()
    await beat()
    await sender.stop()
    expect(updates).toEqual(['running'])
  })

  it.each<[Partial<JobAnswer>, ServerWish[]]>([
    [{ jobStatus: 'running' }, []],
    [{ jobStatus: 'canceling' }, ['cancel']],
    [{ jobStatus: 'canceled' }, ['abort']],
    [{ status: 403 }, ['abort']],
    [{ status: 404 }, ['abort']],
  ])('passes on what the server wants: %o', async (answer, expected) => {
    const { trace, wishes, beat, sender } = arrange({ patch: [answer] })
    trace.append(text(1))
    await beat()
    await sender.stop()
    expect(wishes).toEqual(expected)
  })

  it('reports no final state of a job that the server has given up', async () => {
    const { trace, updates, beat, sender } = arrange({ patch: [{ status: 403 }] })
    trace.append(text(1))
    await beat()
    expect(await sender.finish({ state: 'success' })).toBe(false)
    expect(updates).toEqual([])
  })
})

/** More often than anybody should ask, so that whoever asks without end is seen and does not hang. */
function endlessly(answer: Partial<JobAnswer>): Partial<JobAnswer>[] {
  return Array.from({ length: 1000 }, () => answer)
}

function arrange(script: { patch?: Partial<JobAnswer>[]; update?: Partial<JobAnswer>[] } = {}) {
  const patches: [number, number][] = []
  const updates: string[] = []
  const wishes: ServerWish[] = []
  const answer = (status: number, queue: Partial<JobAnswer>[] = []): Promise<JobAnswer> =>
    Promise.resolve({
      status,
      jobStatus: undefined,
      updateIntervalSeconds: undefined,
      traceSize: undefined,
      ...queue.shift(),
    })
  const api = {
    patchTrace: (_job, { start, bytes }) => {
      patches.push([start, bytes.length])
      return answer(202, script.patch)
    },
    updateJob: (_job, update) => {
      updates.push(update.state)
      return answer(200, script.update)
    },
  } as Partial<RunnerApi> as RunnerApi
  const { clock, settle, beat } = manualClock()
  const trace = createTrace(1 << 24)
  const job = { id: 1, token: 't' }
  const sender = startTraceSender({ api, job, trace, clock, onWish: (wish) => wishes.push(wish) })
  return { trace, patches, updates, wishes, sender, settle, beat }
}

/** Sleeps end when `beat` is called. */
function manualClock() {
  const sleeping = new Set<() => void>()
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  return {
    settle,
    clock: {
      nowMs: () => 0,
      sleep: (_ms: number, signal?: AbortSignal) =>
        new Promise<void>((resolve, reject) => {
          sleeping.add(resolve)
          signal?.addEventListener('abort', () => reject(signal.reason as Error))
        }),
    },
    beat: async () => {
      await settle()
      for (const resolve of sleeping) resolve()
      await settle()
    },
  }
}
