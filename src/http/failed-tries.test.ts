import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { basic, startPackagesServer, type PackagesServer } from './packages-server.contract.ts'

let server: PackagesServer
let right: string
beforeEach(async () => {
  server = await startPackagesServer()
  right = await server.token('api')
})
afterEach(() => server.close())

const WRONG = 'glpat-wrong'

async function ask(token: string, forwardedFor?: string): Promise<Response> {
  const forwarded: Record<string, string> =
    forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor }
  const url = `http://127.0.0.1:${server.port}/api/v4/projects/group%2Fprivate/packages/pypi/simple`
  return fetch(url, { headers: { authorization: basic('ada', token), ...forwarded } })
}

const statusOf = async (...asked: Parameters<typeof ask>): Promise<number> => (await ask(...asked)).status

async function tryWrong(count: number, token: (index: number) => string, from?: string): Promise<void> {
  for (let index = 0; index < count; index += 1) expect(await statusOf(token(index), from)).toBe(401)
}

describe('one wrong token', () => {
  it('is told when to try again, after sixty tries in a minute', async () => {
    await tryWrong(60, () => WRONG)
    server.moveClock(10_000)
    const answer = await ask(WRONG)
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '50'])
    expect(await answer.json()).toMatchObject({
      code: 'access.too-many-tries',
      message: '429 Too Many Requests - too many wrong credentials came from this address',
    })
    expect(await statusOf(right)).toBe(200)
    server.moveClock(50_000)
    expect(await statusOf(WRONG)).toBe(401)
  })

  it('is counted for the connection, whatever its client writes into the header', async () => {
    for (let index = 0; index < 60; index += 1) await statusOf(WRONG, `192.0.2.${index}`)
    expect(await statusOf(WRONG, '192.0.2.200')).toBe(429)
  })

  it('is counted for the client that a configured proxy names, and for no other', async () => {
    server.proxies.addAddress('127.0.0.1')
    await tryWrong(60, () => WRONG, '192.0.2.1')
    expect(await statusOf(WRONG, '192.0.2.1')).toBe(429)
    expect(await statusOf(WRONG, '192.0.2.2')).toBe(401)
    expect(await statusOf(right, '192.0.2.1')).toBe(200)
  })
})

describe('many wrong tokens', { timeout: 30_000 }, () => {
  it('stop all others of their address, but for one that was right there, and none elsewhere', async () => {
    server.proxies.addAddress('127.0.0.1')
    expect(await statusOf(right, '2001:db8:1:2::1')).toBe(200)
    await tryWrong(300, (index) => `glpat-${index}`, '2001:db8:1:2::9')
    const other = await server.token('api')
    expect(await statusOf(other, '2001:db8:1:2::1')).toBe(429)
    expect(await statusOf(right, '2001:db8:1:2::9')).toBe(200)
    expect(await statusOf(right, '2001:db8:1:3::1')).toBe(200)
    expect(await statusOf(other, '2001:db8:1:3::1')).toBe(200)
    server.moveClock(60_000)
    expect(await statusOf(await server.token('api'), '2001:db8:1:2::1')).toBe(200)
  })
})
