import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { systemFiles } from '../host/index.ts'
import { createHttp } from './index.ts'
import { isPublicAddress, lookupPublic } from './public-address.ts'

describe('an address', () => {
  it.each(['127.0.0.1', '10.1.2.3', '172.31.0.1', '192.168.1.1', '169.254.169.254', '100.64.0.1', '0.0.0.0'])(
    '%s is not public',
    (address) => expect(isPublicAddress(address)).toBe(false),
  )
  it.each([
    '::1',
    '::',
    '::ffff:10.0.0.1',
    '::ffff:127.0.0.1',
    'fd00::1',
    'fe80::1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
  ])('%s is not public', (address) => expect(isPublicAddress(address)).toBe(false))
  it.each(['8.8.8.8', '172.32.0.1', '2606:4700::1111', '192.169.0.1'])('%s is public', (address) => {
    expect(isPublicAddress(address)).toBe(true)
  })
})

describe('a client for addresses that somebody else chose', () => {
  it('asks nothing of this machine, by its address in any spelling or by a name', async () => {
    let asked = 0
    const server = createServer((_request, response) => {
      asked += 1
      response.end('secret')
    })
    server.listen(0)
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const http = createHttp({ env: {}, files: systemFiles, reach: 'public' })
    for (const host of ['127.0.0.1', '[::1]', '2130706433', '0x7f.1', 'localhost', '[::ffff:127.0.0.1]'])
      await expect(http.request({ method: 'GET', url: `http://${host}:${port}/` })).rejects.toMatchObject({
        code: expect.stringMatching(/^net\.(?:not-public|unreachable)$/),
      })
    expect(asked).toBe(0)
    const anywhere = createHttp({ env: {}, files: systemFiles })
    const answer = await anywhere.request({ method: 'GET', url: `http://127.0.0.1:${port}/` })
    expect([await answer.text(100), asked]).toEqual(['secret', 1])
    server.close()
  })

  it('connects to what was judged', async () => {
    const found = await new Promise((resolve) => {
      lookupPublic('localhost', { all: true }, (error) => resolve(error))
    })
    expect(found).toMatchObject({ code: 'net.not-public' })
  })
})
