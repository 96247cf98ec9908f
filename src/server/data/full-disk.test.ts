import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { silentLog } from '../../host/index.ts'
import { withAdmin } from '../admin/admin.ts'
import { startServer, type RunningServer } from '../server.ts'

const MIB = 1 << 20
let root: string
let free: number
let server: RunningServer
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'wheelseal-full-'))
  free = 1000 * MIB
  const data = join(root, 'data')
  server = await startServer({ data, listen: '127.0.0.1:0', log: silentLog, freeBytes: async () => free })
})
afterEach(async () => {
  await server.close()
  await rm(root, { recursive: true })
})

async function uploader(): Promise<(name: string) => Promise<Response>> {
  await server.services.access.createUser({ login: 'ada', isAdministrator: true })
  const { id, token } = await withAdmin(server.data, async (admin) => ({
    id: (await admin.createProject({ path: 'acme/tools', visibility: 'public' })).id,
    token: (await admin.createToken({ user: 'ada', scopes: ['api'] })).token,
  }))
  return (name) =>
    fetch(`${server.url}/api/v4/projects/${id}/packages/generic/tools/1.0/${name}`, {
      method: 'PUT',
      headers: { 'private-token': token },
      body: 'some bytes',
    })
}

describe('a server whose disk is nearly full', () => {
  it('refuses what is new with the reason, keeps nothing of it, and goes on once there is room', async () => {
    const upload = await uploader()
    expect((await upload('before.txt')).status).toBe(201)
    free = 63 * MIB

    const refused = await upload('during.txt')
    expect(refused.status).toBe(507)
    expect(await refused.json()).toMatchObject({
      message: expect.stringMatching(
        /^507 Insufficient Storage - the disk has 63 MiB free, and 64 MiB are reserved/,
      ),
      code: 'storage.full',
    })
    expect(await readdir(join(server.data, 'blobs/tmp'))).toEqual([])
    const { rekor, ct } = server.services.trust.logs
    for (const log of [rekor, ct])
      await expect(log.append({ leaf: Buffer.from('{}') })).rejects.toMatchObject({ code: 'storage.full' })
    expect([(await rekor.head()).size, (await ct.head()).size]).toEqual([1, 1])
    expect((await fetch(`${server.url}/readyz`)).status).toBe(503)
    expect((await fetch(`${server.url}/api/v1/log`)).status).toBe(200)

    free = 64 * MIB
    expect((await upload('during.txt')).status).toBe(201)
    expect(await rekor.append({ leaf: Buffer.from('{}') })).toMatchObject({ index: 1 })
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
  })
})
