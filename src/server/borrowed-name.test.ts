import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { silentLog } from '../host/index.ts'
import { startRehearsalServer, startServer, withAdmin, type RunningServer } from './index.ts'

const GITLAB = 'https://gitlab.com'

let root: string
let data: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'wheelseal-name-'))
  data = join(root, 'data')
})
afterEach(() => rm(root, { recursive: true }))

function rehearse(): Promise<RunningServer> {
  return startRehearsalServer({ data, anchor: join(root, 'anchor'), externalUrl: GITLAB, log: silentLog })
}

describe('a name that is not the own', () => {
  it.each([
    GITLAB,
    'https://gitlab.com:8443',
    'https://sub.gitlab.com',
    'https://github.com',
    'https://fulcio.sigstore.dev',
    'https://rekor.sigstore.dev',
  ])('is refused to an instance that is kept: %s', async (externalUrl) => {
    const started = startServer({ data, listen: '127.0.0.1:0', externalUrl, log: silentLog })
    await expect(started).rejects.toMatchObject({ code: 'server.borrowed-name' })
    await expect(withAdmin(data, (admin) => admin.trust())).rejects.toMatchObject({
      code: 'server.no-instance',
    })
  })

  it('is allowed where it only looks alike', async () => {
    const externalUrl = 'https://gitlab.company.example'
    const server = await startServer({ data, listen: '127.0.0.1:0', externalUrl, log: silentLog })
    await server.close()
  })

  it('is what the services of a rehearsal have, at a port of the loopback', async () => {
    const server = await rehearse()
    try {
      const { host, port } = server.address
      expect([server.url, host]).toEqual([GITLAB, '127.0.0.1'])
      const answer = await fetch(`http://127.0.0.1:${port}/.well-known/openid-configuration`)
      expect(await answer.json()).toMatchObject({ issuer: GITLAB })
    } finally {
      await server.close()
    }
  })

  it('goes with the rehearsal: no other start opens its directory, nor does a command', async () => {
    const server = await rehearse()
    await server.close()
    const again = { code: 'server.borrowed-name' }
    const options = { data, listen: '127.0.0.1:0', log: silentLog }
    await expect(startServer(options)).rejects.toMatchObject(again)
    await expect(startServer({ ...options, externalUrl: GITLAB })).rejects.toMatchObject(again)
    await expect(withAdmin(data, (admin) => admin.trust())).rejects.toMatchObject(again)
    await expect(rehearse()).rejects.toMatchObject({ code: 'server.rehearsal-data' })
  })

  it('is not lent to a directory that holds keys or a configuration', async () => {
    const own = await startServer({ data, listen: '127.0.0.1:0', log: silentLog })
    await own.close()
    await expect(rehearse()).rejects.toMatchObject({ code: 'server.rehearsal-data' })
    data = join(root, 'configured')
    await mkdir(data)
    await writeFile(join(data, 'wheelseal.toml'), '[[issuers]]\nurl = "https://gitlab.example"\n')
    await expect(rehearse()).rejects.toMatchObject({ code: 'server.rehearsal-data' })
  })
})
