import { describe, expect, it } from 'vitest'
import { clockAt, newLog, text } from './arrange.ts'
import { openLog } from './index.ts'

const HOUR = 3_600_000

describe('a log whose newest entry is dated after the clock', () => {
  async function ahead() {
    const made = await newLog()
    made.clock.set(HOUR)
    await made.log.append(text('a'))
    return made
  }

  it('goes on when it is only a little', async () => {
    const { log, clock } = await ahead()
    clock.set(HOUR - 30_000)
    expect(log.refusal()).toBeUndefined()
    expect(await log.append(text('b'))).toMatchObject({ index: 2, timeMs: HOUR })
  })

  it('takes nothing new until the clock has got there, says why, and still knows what it has', async () => {
    const { log, clock } = await ahead()
    clock.set(HOUR - 30_001)
    expect(log.refusal()).toMatch(/newest entry is dated 1970-01-01T01:00:00.000Z.*accepted again/)
    const tried = await Promise.allSettled([log.append(text('a')), log.append(text('b'))])
    expect(tried).toMatchObject([
      { value: { index: 1, isDuplicate: true } },
      { reason: { code: 'log.clock', status: 503 } },
    ])
    clock.set(HOUR)
    expect(log.refusal()).toBeUndefined()
    expect(await log.append(text('b'))).toMatchObject({ index: 2 })
  })

  it('notices it at its start too', async () => {
    const { log, parts } = await ahead()
    await log.close()
    const again = await openLog({ ...parts, clock: clockAt(1000) })
    expect(again.refusal()).toMatch(/newest entry is dated/)
    await expect(again.append(text('b'))).rejects.toMatchObject({ code: 'log.clock' })
  })
})

describe('a log whose clock is in doubt', () => {
  it('takes nothing new as long as it is', async () => {
    let doubt: string | undefined
    const { log } = await newLog({ doubt: () => doubt })
    await log.append(text('a'))
    doubt = 'the clock was set'
    expect(log.refusal()).toBe(doubt)
    await expect(log.append(text('b'))).rejects.toMatchObject({ code: 'log.clock', message: doubt })
    expect(await log.append(text('a'))).toMatchObject({ isDuplicate: true })
    doubt = undefined
    expect(await log.append(text('b'))).toMatchObject({ index: 2 })
  })
})

describe('an entry with a window', () => {
  const window = { fromMs: 2000, untilMs: 2999 }

  it.each([2000, 2999])('is taken at %i', async (now) => {
    const { log, clock } = await newLog()
    clock.set(now)
    expect(await log.append({ ...text('a'), window })).toMatchObject({ timeMs: now })
  })

  it.each([1999, 3000])('is refused alone at %i', async (now) => {
    const { log, clock } = await newLog()
    clock.set(now)
    const tried = await Promise.allSettled([log.append({ ...text('a'), window }), log.append(text('b'))])
    expect(tried).toMatchObject([{ reason: { code: 'log.window', status: 400 } }, { value: { index: 1 } }])
  })

  it('that is there already is found at any time', async () => {
    const { log, clock } = await newLog()
    clock.set(2000)
    await log.append({ ...text('a'), window })
    clock.set(9000)
    expect(await log.append({ ...text('a'), window })).toMatchObject({ index: 1, isDuplicate: true })
  })
})
