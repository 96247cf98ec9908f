import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { silentLog } from '../../host/index.ts'
import { startServer, withAdmin, type RunningServer } from '../../server/index.ts'
import { ensurePublisher } from './publisher.ts'

let root: string
let server: RunningServer
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'wheelseal-publisher-'))
  const [data, anchor] = [join(root, 'data'), join(root, 'anchor')]
  server = await startServer({ data, listen: '127.0.0.1:0', anchor, log: silentLog })
})
afterAll(async () => {
  await server.close()
  await rm(root, { recursive: true })
})

let count = 0
let path: string
let user: string
let said: string[]
beforeEach(() => {
  count += 1
  path = `acme/p${count}`
  user = `user${count}`
  said = []
})

/** The role that the user has afterwards. */
async function roleAfter(): Promise<string | null> {
  const say = (text: string): void => void said.push(text)
  return withAdmin(server.data, async (admin) => {
    const project = await ensurePublisher(admin, { path, visibility: 'internal', user, say })
    expect(project).toEqual(await admin.project(path))
    return (await admin.roleOf({ path, user })).role
  })
}

it('makes the project and its owner, who is no administrator', async () => {
  expect(await roleAfter()).toBe('owner')
  const { access } = server.services
  expect(await access.findProject(path)).toMatchObject({ visibility: 'internal' })
  expect(await access.user(user)).toMatchObject({ user: { isAdministrator: false } })
  expect([await roleAfter(), said]).toEqual(['owner', []])
})

it('makes a user without a role a developer of a project that is there, and says so', async () => {
  const { access } = server.services
  await access.createProject({ path })
  expect(await roleAfter()).toBe('developer')
  expect(said).toEqual([`${user} is a developer of ${path} now, so that the pipeline may publish`])
})

it.each(['guest', 'maintainer'])('leaves a %s what he is', async (role) => {
  const { access } = server.services
  await access.createProject({ path })
  await access.createUser({ login: user })
  await access.setMember({ path, login: user, role })
  expect([await roleAfter(), said]).toEqual([role, []])
})

it('gives an administrator no role in a project that is there', async () => {
  const { access } = server.services
  await access.createProject({ path })
  await access.createUser({ login: user, isAdministrator: true })
  await roleAfter()
  expect(await access.listMembers(path, { afterId: 0, limit: 5 })).toEqual([])
})
