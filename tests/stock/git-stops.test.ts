import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ownAddress } from '../../src/host/arrange.ts'
import { silentLog } from '../../src/host/index.ts'
import { git, gitOrFail, commit } from '../support/git.ts'
import { makeBackup } from '../../src/server/backup/backup.ts'
import { restoreBackup } from '../../src/server/backup/restore.ts'
import { startServer, type RunningServer } from '../../src/server/server.ts'

let root: string
let server: RunningServer
let work: string
let url: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'wheelseal-pushes-'))
  work = join(root, 'work')
  execFileSync('git', ['init', '--quiet', '-b', 'main', work])
  await commit(work, { '.gitlab-ci.yml': 'build:\n  script: echo\n' })
  server = await start(await ownAddress())
  const { access } = server.services
  await access.createProject({ path: 'acme/tools' })
  await access.createUser({ login: 'root', isAdministrator: true })
  const { token } = await access.createToken({ login: 'root', scopes: ['api'] })
  const place = new URL(`${server.url}/acme/tools.git`)
  place.username = 'root'
  place.password = token.reveal()
  url = place.href
})
afterEach(async () => {
  await server.close()
  await rm(root, { recursive: true })
})

function start(listen?: string): Promise<RunningServer> {
  const data = join(root, 'data')
  return startServer({ data, anchor: join(root, 'anchor'), log: silentLog, ...(listen && { listen }) })
}

/** As the kill leaves it: nothing that was done is undone, and what comes after is not done. */
async function restart(): Promise<void> {
  await server.close()
  server = await start()
}

function pipelines(): readonly { readonly id: number; readonly ref: string }[] {
  const database = new DatabaseSync(join(root, 'data', 'wheelseal.db'), { readOnly: true })
  const rows = database.prepare('select id, origin from pipelines order by id').all() as {
    id: number
    origin: string
  }[]
  database.close()
  return rows.map(({ id, origin }) => ({ id, ref: (JSON.parse(origin) as Origin).commit.ref }))
}

interface Origin {
  readonly commit: { readonly ref: string }
}

function openPushes(): number {
  const database = new DatabaseSync(join(root, 'data', 'wheelseal.db'), { readOnly: true })
  const { count } = database.prepare('select count(*) as count from pushes').get() as { count: number }
  database.close()
  return count
}

const refs = () => gitOrFail(work, 'ls-remote', url, 'refs/heads/*')
const pipelineRefs = async () =>
  (await gitOrFail(work, 'ls-remote', url, 'refs/pipelines/*')).split('\n').length

type Step = (of: RunningServer['services']['repositories']) => void

const killed = (): Promise<never> => Promise.reject(new Error('killed'))

/** After each step of docs/design/repositories.md, by what comes next and is not done any more. */
const STEPS: readonly (readonly [string, Step])[] = [
  ['4, when git has changed the refs', ({ git: one }) => Object.assign(one, { sync: killed })],
  ['5, when they are synced', ({ store }) => Object.assign(store, { land: killed })],
  ['6, when they are known to have changed', ({ pipelines: one }) => Object.assign(one, { create: killed })],
  ['7, when the first pipeline is made', ({ git: one }) => Object.assign(one, { setPipelineRef: killed })],
  [
    '8, when the first pipeline has its ref',
    (parts) => Object.assign(parts.pipelines, { create: onlyFirst(parts) }),
  ],
  ['8, when all pipelines are made', ({ store }) => Object.assign(store, { finish: killed })],
]

function onlyFirst({ pipelines: { create } }: Parameters<Step>[0]): typeof create {
  let count = 0
  return (request) => ((count += 1) > 1 ? killed() : create(request))
}

it.each(STEPS)('a crash after step %s loses no pipeline and makes none twice', async (_name, kill) => {
  kill(server.services.repositories)
  const { code } = await git(work, ['push', url, 'main:a', 'main:b'])
  expect(code).not.toBe(0)
  await restart()
  expect((await refs()).split('\n')).toHaveLength(2)
  expect(pipelines().map(({ ref }) => ref)).toEqual(['a', 'b'])
  expect(await pipelineRefs()).toBe(2)
  expect(openPushes()).toBe(0)
  await restart()
  expect(pipelines()).toHaveLength(2)
})

it('a crash after step 2, before git has anything, leaves the refs and makes no pipeline', async () => {
  const { git: one, store } = server.services.repositories
  const project = (await server.services.access.findProject('acme/tools'))!
  await one.ensure(project.id, project)
  const newSha = await gitOrFail(work, 'rev-parse', 'HEAD')
  const commands = [{ ref: 'refs/heads/a', oldSha: '0'.repeat(40), newSha }]
  const user = { id: 1, login: 'root', email: 'root@localhost', isAdministrator: true }
  await store.begin({ projectId: project.id, pusher: { user }, commands, options: [], beganAtMs: 0 })
  await restart()
  expect(await refs()).toBe('')
  expect(pipelines()).toEqual([])
  expect(openPushes()).toBe(0)
})

it('of two pushes of the same to one ref, both cut, one has made the change: one pipeline', async () => {
  await gitOrFail(work, 'push', '--quiet', url, 'main:other')
  const before = pipelines().length
  const { store } = server.services.repositories
  const newSha = await gitOrFail(work, 'rev-parse', 'HEAD')
  const commands = [{ ref: 'refs/heads/other', oldSha: '0'.repeat(40), newSha }]
  const user = { id: 1, login: 'root', email: 'root@localhost', isAdministrator: true }
  const push = { projectId: 1, pusher: { user }, commands, options: [], beganAtMs: 0 }
  await store.begin(push)
  await store.begin(push)
  await restart()
  expect(pipelines()).toHaveLength(before + 1)
})

it('the ref of a pipeline is there for its job, whatever cut its making', async () => {
  const { repositories, pipelines: service, access } = server.services
  await gitOrFail(work, 'push', '--quiet', url, 'main:a')
  const [{ id } = { id: 0 }] = pipelines()
  const repository = join(root, 'data', 'repositories', '1.git')
  execFileSync('git', ['--git-dir', repository, 'update-ref', '-d', `refs/pipelines/${id}`])
  expect(await repositories.git.resolve(1, `refs/pipelines/${id}`)).toBeUndefined()
  const [job] = (await service.get(id)).jobs
  const token = await access.issueJobToken({
    jobId: job!.id,
    projectId: 1,
    userId: 1,
    expiresAtMs: Date.now() + 60_000,
  })
  const place = new URL(url)
  place.username = 'gitlab-ci-token'
  place.password = token.reveal()
  expect(await gitOrFail(work, 'ls-remote', place.href)).toContain(`refs/pipelines/${id}`)
})

it('locks and objects that a killed git has left are removed, and pushes go on', async () => {
  await gitOrFail(work, 'push', '--quiet', url, 'main:a')
  const repository = join(root, 'data', 'repositories', '1.git')
  await writeFile(join(repository, 'refs/heads/a.lock'), '')
  await writeFile(join(repository, 'packed-refs.lock'), '')
  await mkdir(join(repository, 'objects/tmp_objdir-incoming-x'))
  const more = await commit(work, { 'b.txt': 'b' })
  expect((await git(work, ['push', url, 'main:a'])).code).not.toBe(0)
  await restart()
  await gitOrFail(work, 'push', '--quiet', url, 'main:a')
  expect(await refs()).toContain(more)
  expect((await readdir(join(repository, 'objects'))).filter((name) => name.startsWith('tmp_'))).toEqual([])
})

it('git that outlives its server changes no ref', async () => {
  const { git: one } = server.services.repositories
  const project = (await server.services.access.findProject('acme/tools'))!
  await one.ensure(project.id, project)
  const folder = join(root, 'data', 'repositories')
  const lease = (await readdir(folder)).find((name) => name.startsWith('lease-'))!
  await rm(join(folder, lease))
  expect((await git(work, ['push', url, 'main:a'])).code).not.toBe(0)
  expect(await refs()).toBe('')
})

it('a backup has the repositories as they are, and a restored instance goes on from them', async () => {
  await gitOrFail(work, 'push', '--quiet', url, 'main:a')
  const [data, backup] = [join(root, 'data'), join(root, 'backup')]
  await makeBackup({ data, to: backup })
  const more = await commit(work, { 'b.txt': 'b' })
  await gitOrFail(work, 'push', '--quiet', url, 'main:a', 'main:c')
  await gitOrFail(work, 'push', '--quiet', url, ':c')
  await makeBackup({ data, to: backup })
  await server.close()
  await rm(data, { recursive: true })
  await restoreBackup({ from: backup, data })
  server = await start()
  expect(await refs()).toBe(`${more}\trefs/heads/a`)
  expect(await pipelineRefs()).toBe(pipelines().length)
  execFileSync('git', [
    '--git-dir',
    join(data, 'repositories', '1.git'),
    'fsck',
    '--strict',
    '--connectivity-only',
  ])
  await commit(work, { 'c.txt': 'c' })
  await gitOrFail(work, 'push', '--quiet', url, 'main:a')
})
