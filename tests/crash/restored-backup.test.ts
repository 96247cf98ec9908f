import { cp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { withAdmin } from '../../src/server/index.ts'
import { startServer, temporaryFolder, type Server } from '../support/server.ts'
import { writes, type Acknowledged } from './client.ts'

let folder: { path: string; remove: () => Promise<void> }
let data: string
let server: Server

beforeAll(async () => {
  folder = await temporaryFolder()
  data = join(folder.path, 'data')
  server = await startServer(data)
  await server.admin('project', 'create', 'acme/tools')
})
afterAll(async () => {
  await server.stop()
  await folder.remove()
})

function signAndLog(): Promise<Acknowledged> {
  return withAdmin(data, (admin) => writes[0]!({ url: server.url, projectId: 1, token: '', admin }))
}

async function get(path: string): Promise<{ status: number; json: Record<string, unknown> }> {
  const response = await fetch(`${server.url}${path}`)
  return { status: response.status, json: (await response.json()) as Record<string, unknown> }
}

it(
  'a data directory that was put back from a backup signs nothing, and says why',
  { timeout: 60_000 },
  async () => {
    await signAndLog()
    await server.stop()
    await cp(data, `${data}.backup`, { recursive: true })
    server = await startServer(data)
    await signAndLog()
    await server.stop()
    await rm(data, { recursive: true })
    await rename(`${data}.backup`, data)

    expect(server.isReady).toBe(true)
    server = await startServer(data)
    expect(server.isReady).toBe(false)
    const behind = 'the log has tree size 2, but its anchor recorded tree size 3'
    expect(await get('/readyz')).toEqual({
      status: 503,
      json: { ready: false, reasons: [`CT log: ${behind}`, `Rekor: ${behind}`] },
    })
    await expect(signAndLog()).rejects.toThrow(/log\.frozen/)
    expect((await get('/api/v1/log')).json).toMatchObject({ treeSize: 2 })
    expect((await get('/api/v1/log/entries?logIndex=1')).status).toBe(200)
  },
)
