import { execFileSync } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../host/index.ts'
import { writeTlsFiles } from './arrange.ts'
import { readTlsFiles, tlsPaths, type TlsPaths } from './tls.ts'

let folder: string
let good: TlsPaths
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wheelseal-tls-'))
  good = await writeTlsFiles(folder, 'good')
})
afterAll(() => rm(folder, { recursive: true }))

async function refused(paths: Partial<TlsPaths>, code: string, fact: RegExp): Promise<void> {
  const read = readTlsFiles({ ...good, ...paths }, systemClock)
  await expect(read).rejects.toMatchObject({ code })
  await expect(read).rejects.toThrow(fact)
}

async function file(name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text, { mode: 0o600 })
  return join(folder, name)
}

describe('readTlsFiles', () => {
  it('takes a certificate and its key, which a group may read', async () => {
    await chmod(good.key, 0o640)
    expect(Object.keys(await readTlsFiles(good, systemClock))).toEqual(['cert', 'key'])
    await chmod(good.key, 0o600)
  })

  it('refuses a key that everybody may read', async () => {
    await chmod(good.key, 0o644)
    await refused({}, 'server.tls-key', /good\.key is readable by every user of this machine \(mode 644\)$/)
    await chmod(good.key, 0o600)
  })

  it('refuses what the TLS library refuses to serve, and quotes why', async () => {
    const paths = { cert: join(folder, 'small.crt'), key: join(folder, 'small.key') }
    const out = ['-keyout', paths.key, '-out', paths.cert]
    const kind = ['-newkey', 'rsa:512', '-nodes', '-subj', '/CN=localhost', '-days', '5']
    execFileSync('openssl', ['req', '-x509', ...kind, ...out], { stdio: 'pipe' })
    await refused(
      paths,
      'server.tls-certificate',
      /small\.crt cannot be used by a TLS server: .*key too small/,
    )
  })

  it('refuses a certificate and a key that do not belong together, and names both', async () => {
    const { key } = await writeTlsFiles(folder, 'other')
    await refused({ key }, 'server.tls-key', /other\.key does not match the certificate in .*good\.crt$/)
  })

  it('refuses a certificate that has expired, and one that is not valid yet', async () => {
    const old = await writeTlsFiles(folder, 'old', { fromDays: -3, untilDays: -1 })
    await refused(old, 'server.tls-certificate', /old\.crt expired at 20/)
    const early = await writeTlsFiles(folder, 'early', { fromDays: 1 })
    await refused(early, 'server.tls-certificate', /early\.crt is not valid before 20/)
  })

  it('refuses files that are missing or hold something else, by name', async () => {
    const missing = /^[^ ]*\/none: no such file or directory$/
    await refused({ cert: join(folder, 'none') }, 'server.tls-certificate', missing)
    await refused({ key: join(folder, 'none') }, 'server.tls-key', missing)
    await refused(
      { cert: await file('a.crt', 'x') },
      'server.tls-certificate',
      /a\.crt has no PEM certificate$/,
    )
    await refused({ key: await file('a.key', 'x') }, 'server.tls-key', /a\.key has no PEM key without a pass/)
    await refused({ cert: good.key }, 'server.tls-certificate', /good\.key has no PEM certificate$/)
    await refused(
      { key: await file('b.key', await readFile(good.cert, 'utf8')) },
      'server.tls-key',
      /b\.key has no/,
    )
  })
})

it('tlsPaths takes both or none', () => {
  expect([tlsPaths('a', 'b'), tlsPaths(undefined, undefined)]).toEqual([{ cert: 'a', key: 'b' }, undefined])
  for (const [cert, key] of [['a'], [undefined, 'b']] as const)
    expect(() => tlsPaths(cert, key)).toThrow(expect.objectContaining({ code: 'server.tls-flags' }))
})
