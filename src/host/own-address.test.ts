import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, it } from 'vitest'
import { ownAddress } from './arrange.ts'

const portOf = (address: string): number => Number(address.split(':')[1])

it('a test gets a port that nobody has, and that no system gives by itself', async () => {
  const first = portOf(await ownAddress())
  const taken = createServer().listen(first + 1, '127.0.0.1')
  await once(taken, 'listening')
  const second = portOf(await ownAddress())
  taken.close()
  expect(second).not.toBe(first + 1)
  for (const port of [first, second]) expect([port > 1023, port < 32_768]).toEqual([true, true])
})
