import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { sha256Hex } from '../../base/index.ts'
import { silentLog } from '../../host/index.ts'
import { withAdmin } from '../admin/admin.ts'
import { checkFiles } from './check-files.ts'
import { startServer, type RunningServer } from '../server.ts'

const CONTENT = new Uint8Array(700_000).map((_, index) => index % 251)
const SHA256 = sha256Hex(CONTENT)

let folder: string
let server: RunningServer
let token: string
let blob: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wheelseal-files-'))
  const data = join(folder, 'data')
  server = await startServer({ data, listen: '127.0.0.1:0', log: silentLog })
  await server.services.access.createUser({ login: 'ada', isAdministrator: true })
  token = await withAdmin(data, async (admin) => {
    await admin.createProject({ path: 'a/b', visibility: 'private' })
    return (await admin.createToken({ user: 'ada', scopes: ['api'] })).token
  })
  blob = join(data, 'blobs', 'sha256', SHA256.slice(0, 2), SHA256.slice(2))
})
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true })
})
beforeEach(async () => {
  const stored = await ask('PUT', CONTENT)
  expect(stored.status).toBe(201)
})

function ask(method: string, body?: Uint8Array<ArrayBuffer>): Promise<Response> {
  const url = `${server.url}/api/v4/projects/1/packages/generic/tools/1.0/tool.bin`
  return fetch(url, { method, headers: { 'private-token': token }, ...(body === undefined ? {} : { body }) })
}

it('serves whole files, and finds nothing wrong with them', async () => {
  const answer = await ask('GET')
  expect(sha256Hex(new Uint8Array(await answer.arrayBuffer()))).toBe(SHA256)
  expect(await checkFiles(server.data)).toEqual({
    files: expect.any(Number) as number,
    bytes: expect.any(Number) as number,
    problems: [],
  })
})

it.each([
  ['cut', () => truncate(blob, 10)],
  ['lost', () => rm(blob)],
])(
  'answers for a file that is %s with the reason, without its tag and without a path',
  async (_how, damage) => {
    await damage()
    const answer = await ask('GET')
    const text = await answer.text()
    expect([answer.status, answer.headers.get('etag')]).toEqual([503, null])
    expect(answer.headers.get('x-wheelseal-retry')).toBe('no')
    expect(text).toContain(SHA256)
    expect(text).not.toContain(folder)
    expect((await ask('HEAD')).status).toBe(503)
  },
)

it('cuts the answer off for a file whose bytes are others', async () => {
  await writeFile(blob, (await readFile(blob)).fill(0, 300_000, 300_001))
  await expect(ask('GET').then((answer) => answer.arrayBuffer())).rejects.toThrow('terminated')
})

it('finds every damaged file beside the server that runs, and says where it is', async () => {
  await truncate(blob, 10)
  const { problems } = await checkFiles(server.data)
  expect(problems.length).toBeGreaterThan(0)
  expect(problems[0]).toEqual({
    name: 'tool.bin',
    path: blob,
    problem: 'it has 10 bytes instead of 700000',
  })
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
})

it('checks the files of an instance only', async () => {
  await expect(checkFiles(join(folder, 'none'))).rejects.toMatchObject({ code: 'server.no-instance' })
})
