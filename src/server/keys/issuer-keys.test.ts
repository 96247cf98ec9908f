import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock, writeKeyFile } from '../../host/index.ts'
import { PUBLISHED_AFTER_MS, PUBLISHED_BEFORE_MS } from '../../trust/issuer/index.ts'
import { newIssuerKey, openIssuerKeys, type IssuerKeys } from './issuer-keys.ts'

let data: string
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'wheelseal-keys-'))
  await mkdir(join(data, 'keys'))
  await writeKeyFile(join(data, 'keys', 'issuer.pem'), await newIssuerKey())
})
afterEach(() => rm(data, { recursive: true }))

const files = async () => (await readdir(join(data, 'keys'))).toSorted()
const open = () => openIssuerKeys(data, systemClock)
/** `ID signs, ID next, …` */
const rolesOf = (keys: IssuerKeys, afterMs = 0): string[] =>
  keys
    .ring()
    .published(systemClock.nowMs() + afterMs)
    .map(({ key, role }) => `${key.id.slice(0, 8)} ${role}`)
const idOf = (role: string): string => role.slice(0, 8)

async function age(name: string, ms: number): Promise<void> {
  const seconds = (systemClock.nowMs() - ms) / 1000
  await utimes(join(data, 'keys', name), seconds, seconds)
}

describe('rotate', () => {
  it('publishes a key that its owner alone can read, keeps it over a restart, and makes no second one', async () => {
    const keys = await open()
    const [before] = rolesOf(keys)
    await Promise.all([keys.rotate('publish'), keys.rotate('publish')])
    const roles = rolesOf(keys)
    expect(roles).toEqual([before, expect.stringContaining(' next')])
    expect((await stat(join(data, 'keys', 'issuer-next.pem'))).mode & 0o777).toBe(0o600)
    expect(rolesOf(await open())).toEqual(roles)
  })

  it('lets the published key sign a day later without anybody doing anything', async () => {
    const keys = await open()
    await keys.rotate('publish')
    const [old, next] = rolesOf(keys).map(idOf)
    expect(rolesOf(keys, PUBLISHED_BEFORE_MS)).toEqual([`${next} signs`, `${old} previous`])
    await age('issuer-next.pem', PUBLISHED_BEFORE_MS)
    expect(rolesOf(await open())).toEqual([`${next} signs`, `${old} previous`])
    expect(await files()).toEqual([`issuer-previous-${old}.pem`, 'issuer.pem'])
  })

  it('withdraws a key when its last token has expired', async () => {
    const keys = await open()
    const [old] = rolesOf(keys).map(idOf)
    await keys.rotate('now')
    const [next, ...others] = rolesOf(keys)
    expect([next, ...others]).toEqual([expect.not.stringContaining(String(old)), `${old} previous`])
    await age(`issuer-previous-${old}.pem`, PUBLISHED_AFTER_MS)
    expect(rolesOf(await open())).toEqual([next])
    expect(await files()).toEqual(['issuer.pem'])
  })

  it('keeps every key whose tokens may still live, however often and however fast it is asked', async () => {
    const keys = await open()
    await Promise.all([keys.rotate('now'), keys.rotate('now'), keys.rotate('now')])
    expect(rolesOf(keys).map((role) => role.slice(9))).toEqual(['signs', 'previous', 'previous', 'previous'])
  })

  it('leaves nothing of the old keys after a revocation', async () => {
    const keys = await open()
    await keys.rotate('now')
    await keys.rotate('publish')
    const before = rolesOf(keys).map(idOf)
    await keys.rotate('revoke')
    const roles = rolesOf(keys)
    expect(roles).toHaveLength(1)
    expect(before).not.toContain(idOf(roles[0]!))
    expect(await files()).toEqual(['issuer.pem'])
    expect(rolesOf(await open())).toEqual(roles)
  })

  it('publishes another key after one whose time came while the server ran', async () => {
    const keys = await open()
    await keys.rotate('publish')
    const [, next] = rolesOf(keys).map(idOf)
    await age('issuer-next.pem', PUBLISHED_BEFORE_MS)
    await keys.rotate('publish')
    expect(rolesOf(keys)).toEqual([
      `${next} signs`,
      expect.stringContaining('next'),
      expect.stringContaining('previous'),
    ])
  })

  it.each([
    ['after the old key was kept', ['issuer-next.pem']],
    ['after the new key took its place', []],
  ])('goes on with a change that was cut %s', async (_when, gone) => {
    const [old, next] = [await newIssuerKey(), await newIssuerKey()]
    const write = (name: string, key: typeof old) => writeKeyFile(join(data, 'keys', name), key)
    await write('issuer.pem', gone.length > 0 ? next : old)
    await write('issuer-next.pem', next)
    const [{ key }] = (await open()).ring().published(systemClock.nowMs() + PUBLISHED_BEFORE_MS)
    const keys = await open()
    await keys.rotate('now')
    expect(keys.ring().published(systemClock.nowMs())[0].key.id).toBe(key.id)
    expect(await files()).not.toContain('issuer-next.pem')
  })

  it('refuses a key file that others may read, and passes over files of other names', async () => {
    await writeFile(join(data, 'keys', 'issuer-previous-x.pem'), 'not a key')
    await open()
    await writeFile(join(data, 'keys', 'issuer-next.pem'), 'not a key', { mode: 0o600 })
    await expect(open()).rejects.toMatchObject({ code: 'host.key-file' })
  })
})
