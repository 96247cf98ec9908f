import { beforeEach, describe, expect, it } from 'vitest'
import type { Clock } from '../base/index.ts'
import { FailedTries } from './tries.ts'

const LIMITS = { perToken: 2, perAddress: 3, remembered: 4 }
const HERE = '192.0.2.1'
const ELSEWHERE = '192.0.2.2'

let nowMs: number
let tries: FailedTries
beforeEach(() => {
  nowMs = 1_000_000
  const clock: Clock = { nowMs: () => nowMs, sleep: async () => undefined }
  tries = new FailedTries(clock, LIMITS)
})

const fail = (address: string, ...hashes: readonly string[]): void => {
  for (const hash of hashes) tries.fail(address, hash)
}

describe('tries with one wrong token', () => {
  it('wait once there were enough of them, until the minute is over', () => {
    fail(HERE, 'wrong')
    expect(tries.waitMs(HERE, 'wrong')).toBe(0)
    nowMs += 10_000
    fail(HERE, 'wrong')
    expect(tries.waitMs(HERE, 'wrong')).toBe(50_000)
    nowMs += 50_000
    expect(tries.waitMs(HERE, 'wrong')).toBe(0)
    fail(HERE, 'wrong')
    expect(tries.waitMs(HERE, 'wrong')).toBe(0)
  })

  it('keep no other token waiting, and nobody from another address', () => {
    fail(HERE, 'wrong', 'wrong')
    expect(tries.waitMs(HERE, 'right')).toBe(0)
    expect(tries.waitMs(ELSEWHERE, 'wrong')).toBe(0)
  })
})

describe('tries with many wrong tokens', () => {
  it('keep every token waiting that comes from the address, and none from another', () => {
    fail(HERE, 'a', 'b', 'c')
    expect(tries.waitMs(HERE, 'right')).toBe(60_000)
    expect(tries.waitMs(ELSEWHERE, 'right')).toBe(0)
  })

  it('do not lock out a token that was right there before', () => {
    tries.succeed(HERE, 'right')
    fail(HERE, 'a', 'b', 'c')
    expect(tries.waitMs(HERE, 'right')).toBe(0)
    expect(tries.waitMs(HERE, 'other')).toBe(60_000)
    expect(tries.waitMs(ELSEWHERE, 'other')).toBe(0)
  })

  it('lock it out once it is wrong, and after an hour without it', () => {
    tries.succeed(HERE, 'right')
    nowMs += 60 * 60_000
    fail(HERE, 'a', 'b', 'c')
    expect(tries.waitMs(HERE, 'right')).toBeGreaterThan(0)
    tries.succeed(HERE, 'right')
    expect(tries.waitMs(HERE, 'right')).toBe(0)
    fail(HERE, 'right')
    expect(tries.waitMs(HERE, 'right')).toBeGreaterThan(0)
  })

  it('are remembered of so many addresses and tokens, and the oldest are forgotten', () => {
    fail(HERE, 'a', 'b', 'c')
    for (const address of ['1', '2', '3']) fail(address, 'a')
    expect(tries.waitMs(HERE, 'right')).toBe(60_000)
    fail('4', 'a')
    expect(tries.waitMs(HERE, 'right')).toBe(0)
  })

  it('forget the oldest of the tokens that were right', () => {
    for (const hash of ['a', 'b', 'c', 'd', 'e']) tries.succeed(HERE, hash)
    fail(HERE, 'x', 'y', 'z')
    expect(tries.waitMs(HERE, 'a')).toBe(60_000)
    expect(tries.waitMs(HERE, 'b')).toBe(0)
  })
})
