import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { utf8, type Files, type Http } from '../../base/index.ts'
import { silentLog, systemClock } from '../../host/index.ts'
import { makeClaims } from '../../identity/arrange.ts'
import { openForeignIssuers } from './issuers.ts'

const url = 'https://gitlab.example'
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'k1' }
const noNetwork: Http = { request: () => Promise.reject(new Error('the network was asked')) }
const filesOf = (text: string): Files => ({
  read: (path) =>
    path === '/keys.json' ? Promise.resolve(utf8(text)) : Promise.reject(new Error('no file')),
  stream: () => {
    throw new Error('not streamed')
  },
  readIfThere: () => Promise.reject(new Error('not asked')),
  exists: () => Promise.resolve(true),
  writeAtomic: () => Promise.reject(new Error('not written')),
  remove: () => Promise.reject(new Error('not removed')),
})
const ports = {
  http: noNetwork,
  clock: systemClock,
  log: silentLog,
  files: filesOf(JSON.stringify({ keys: [jwk] })),
}

describe('openForeignIssuers', () => {
  it('takes a pinned key set, and asks the network for nothing', async () => {
    const { issuers, warmUp } = await openForeignIssuers(
      [{ url, audience: 'wheels', jwks: '/keys.json' }],
      ports,
    )
    await warmUp()
    expect(issuers).toMatchObject([{ url, audience: 'wheels' }])
    expect(await issuers[0]!.keys('k1')).toBeDefined()
    expect(await issuers[0]!.keys('k2')).toBeUndefined()
  })

  it('keeps the start going when the keys of an issuer cannot be fetched', async () => {
    const { issuers, warmUp } = await openForeignIssuers([{ url, audience: 'sigstore' }], ports)
    await warmUp()
    await expect(issuers[0]!.keys('k1')).rejects.toMatchObject({ code: 'authority.issuer-keys' })
  })

  it.each([
    ['is missing', '/other.json', '{}'],
    ['is no key set', '/keys.json', '[]'],
    [
      'holds a private key',
      '/keys.json',
      JSON.stringify({ keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'k' }] }),
    ],
  ])('refuses a pinned key set that %s, and names the file', async (_what, jwks, text) => {
    const opened = openForeignIssuers([{ url, audience: 'sigstore', jwks }], {
      ...ports,
      files: filesOf(text),
    })
    await expect(opened).rejects.toMatchObject({
      code: 'server.configuration',
      message: expect.stringContaining(jwks),
    })
  })

  it.each([
    ['all projects where no list is given', {}, true],
    ['a project on the list', { projects: ['group/project'] }, true],
    ['a project of a group on the list', { projects: ['a/b'], groups: ['group'] }, true],
    ['no project where the list has another', { projects: ['a/b'] }, false],
    ['no project where the list has another group', { groups: ['other'] }, false],
  ])('admits %s', async (_what, lists, isAdmitted) => {
    const { issuers } = await openForeignIssuers([{ url, audience: 'sigstore', ...lists }], ports)
    const admit = async () => issuers[0]!.admit?.(makeClaims())
    if (isAdmitted) await admit()
    else await expect(admit()).rejects.toMatchObject({ code: 'authority.project' })
  })
})
