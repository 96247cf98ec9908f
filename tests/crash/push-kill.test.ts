import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { commit, git, gitOrFail } from '../support/git.ts'
import { startServer, temporaryFolder, type Server } from '../support/server.ts'

/** Each ended by kill -9, so many milliseconds after a push began. */
const LIVES_MS = [20, 60, 100, 140, 180, 240, 300, 400, 600, 900]

let folder: { path: string; remove: () => Promise<void> }
let data: string
let work: string
let server: Server
let url: string
beforeAll(async () => {
  folder = await temporaryFolder()
  data = join(folder.path, 'data')
  work = join(folder.path, 'work')
  await mkdir(work)
  await gitOrFail(work, 'init', '--quiet', '-b', 'main')
  server = await startServer(data)
  await server.admin('project', 'create', 'acme/tools')
  await server.admin('user', 'create', 'ada', '--admin')
  const made = await server.admin('token', 'create', '--user', 'ada', '--scope', 'api')
  const place = new URL(`${server.url}/acme/tools.git`)
  Object.assign(place, { username: 'ada', password: String(made['token']) })
  url = place.href
})
afterAll(async () => {
  await server.stop()
  await folder.remove()
})

/** `REF SHA` of every pipeline. */
function pipelines(): readonly string[] {
  const database = new DatabaseSync(join(data, 'wheelseal.db'), { readOnly: true })
  const rows = database.prepare('select origin from pipelines').all() as { origin: string }[]
  database.close()
  return rows.map(({ origin }) => {
    const { commit: of } = JSON.parse(origin) as { commit: { ref: string; sha: string } }
    return `${of.ref} ${of.sha}`
  })
}

async function refs(): Promise<readonly string[]> {
  const listed = await gitOrFail(work, 'ls-remote', url, 'refs/heads/*')
  return listed.split('\n').map((line) => line.replace(/^(\w+)\trefs\/heads\/(.+)$/, '$2 $1'))
}

it(
  'kill -9 loses no acknowledged push, and each ref that was changed has exactly one pipeline',
  { timeout: LIVES_MS.length * 30_000 },
  async () => {
    const acknowledged: string[] = []
    for (const [life, afterMs] of LIVES_MS.entries()) {
      const names = [`a${life}`, `b${life}`]
      const sha = await commit(work, { '.gitlab-ci.yml': `job-${life}: { script: 'true' }\n` })
      await gitOrFail(work, 'push', '--quiet', url, `HEAD:sure${life}`)
      acknowledged.push(`sure${life} ${sha}`)
      const pushed = git(work, ['push', url, ...names.map((name) => `HEAD:${name}`)])
      await new Promise((resolve) => setTimeout(resolve, afterMs))
      await server.kill()
      if ((await pushed).code === 0) acknowledged.push(...names.map((name) => `${name} ${sha}`))
      server = await startServer(data)
      const now = await refs()
      expect(now).toEqual(expect.arrayContaining(acknowledged))
      expect(pipelines().toSorted()).toEqual(now.toSorted())
    }
  },
)
