import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { distributionOf } from '../../src/formats/python/archive/arrange.ts'
import { runProgram, wheelseal, type Outcome } from '../support/program.ts'
import { startServer, temporaryFolder, type Server } from '../support/server.ts'

let folder: { path: string; remove: () => Promise<void> }
let server: Server
let authorization: string
const FILE = 'acme_tools-1.0.tar.gz'
const BYTES = Uint8Array.from(distributionOf(FILE))

const command = (...args: string[]): Promise<Outcome> =>
  runProgram([wheelseal, ...args, '--data', server.data])
const IN_PROJECT = ['--project', 'acme/tools']

beforeAll(async () => {
  folder = await temporaryFolder()
  server = await startServer(join(folder.path, 'data'))
  await server.admin('project', 'create', 'acme/tools')
  await server.admin('user', 'create', 'ada', '--admin')
  const { token } = await server.admin('token', 'create', '--user', 'ada', '--scope', 'api')
  authorization = `Bearer ${String(token)}`
  expect((await upload()).status).toBe(201)
})
afterAll(async () => {
  await server.stop()
  await folder.remove()
})

function upload(): Promise<Response> {
  const form = new FormData()
  form.append('name', 'acme-tools')
  form.append('version', '1.0')
  form.append('content', new Blob([BYTES]), FILE)
  return ask('', { method: 'POST', body: form })
}

function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const url = `${server.url}/api/v4/projects/1/packages/pypi${path}`
  const accept = 'application/vnd.pypi.simple.v1+json'
  return fetch(url, { redirect: 'manual', ...init, headers: { authorization, accept } })
}

async function page(): Promise<unknown> {
  return (await ask('/simple/acme-tools/')).json()
}

it('a version is yanked and quarantined with a reason, and neither after --undo', async () => {
  const yanked = await command('yank', 'Acme_Tools==1.0.0', ...IN_PROJECT, '--reason', 'does not start')
  expect(yanked).toMatchObject({ code: 0, stdout: 'acme-tools 1.0.0: 1 file is yanked\n' })
  expect(await page()).toMatchObject({ files: [{ yanked: 'does not start' }] })
  expect((await command('quarantine', 'acme-tools == 1.0', ...IN_PROJECT, '--reason', 'stolen')).code).toBe(0)
  const digest = createHash('sha256').update(BYTES).digest('hex')
  const refused = await ask(`/files/${digest}/${FILE}`)
  expect([refused.status, refused.statusText]).toEqual([403, expect.stringContaining('quarantined: stolen')])
  expect((await command('quarantine', 'acme-tools==1.0', ...IN_PROJECT, '--undo')).code).toBe(0)
  const undone = await command('yank', 'acme-tools==1.0', ...IN_PROJECT, '--undo', '--json')
  expect(JSON.parse(undone.stdout)).toEqual({ name: 'acme-tools', version: '1.0', files: 1 })
  expect(await page()).toMatchObject({ files: [{ filename: FILE }] })
  expect(JSON.stringify(await page())).not.toContain('yanked')
})

it('an archived package and a project that refuses duplicates take no upload, and say why', async () => {
  const settings = ['package', 'settings', ...IN_PROJECT, '--identical-uploads']
  expect(await command(...settings, 'refuse')).toMatchObject({ code: 0 })
  expect((await upload()).statusText).toContain('File name has already been taken')
  expect(await command(...settings, 'accept')).toMatchObject({ code: 0 })
  const status = ['package', 'status', 'acme-tools']
  expect(await command(...status, 'archived', ...IN_PROJECT, '--reason', 'moved')).toMatchObject({ code: 0 })
  expect((await upload()).statusText).toContain('package acme-tools is archived: moved')
  expect(await command(...status, 'active', ...IN_PROJECT)).toMatchObject({ code: 0 })
  expect((await upload()).status).toBe(201)
})

it.each([
  [['yank', 'acme-tools'], 2, 'cli.release'],
  [['yank', '==1.0'], 2, 'cli.release'],
  [['quarantine', 'acme-tools==1.0==2.0'], 2, 'cli.release'],
  [['package', 'delete', 'acme-tools==9'], 1, 'registry.unknown-version'],
  [['yank', 'other==1.0'], 1, 'registry.unknown-package'],
  [['yank', 'acme-tools==x'], 1, 'python.version'],
  [['package', 'status', 'other', 'archived'], 1, 'registry.unknown-package'],
  [['yank', 'acme-tools==1.0', '--reason', 'two\nlines'], 2, 'registry.reason'],
])('%j is refused', async (args, code, reason) => {
  const refused = await command(...args, ...IN_PROJECT)
  expect(refused).toMatchObject({ code, stderr: expect.stringContaining(reason) })
})

it('every name that the project never had is forwarded, and none that it had', async () => {
  const forward = ['project', 'forward', 'acme/tools', '--index-url', 'https://index.example/simple']
  expect(await command(...forward)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('cli.forward-names'),
  })
  expect((await command(...forward, '--all', '--allow', 'wheel')).code).toBe(2)
  expect(await command(...forward, '--all')).toMatchObject({ code: 0 })
  const answer = await ask('/simple/any-name/')
  expect([answer.status, answer.headers.get('location')]).toEqual([
    302,
    'https://index.example/simple/any-name/',
  ])
  expect((await ask('/simple/acme-tools/')).status).toBe(200)
})

it('a version is deleted for good, and its name is neither free nor forwarded', async () => {
  const removed = await command('package', 'delete', 'acme-tools==1.0', ...IN_PROJECT)
  expect(removed).toMatchObject({ code: 0, stdout: 'acme-tools 1.0: 1 file is deleted\n' })
  expect(await page()).toMatchObject({ files: [] })
  expect((await upload()).statusText).toContain('published before, and deleted')
})

it('each change has its row in the audit trail', async () => {
  const { stdout } = await command('trust', 'audit', '--json')
  const { rows } = JSON.parse(stdout) as { rows: { action: string; details: Record<string, string> }[] }
  const actions = rows.map(({ action }) => action)
  for (const action of ['yank', 'unyank', 'quarantine', 'unquarantine', 'status', 'settings', 'delete'])
    expect(actions).toContain(`package.${action}`)
  expect(rows.find(({ action }) => action === 'package.yank')?.details).toEqual({
    project: 'acme/tools',
    name: 'Acme_Tools',
    version: '1.0.0',
    reason: 'does not start',
  })
})
