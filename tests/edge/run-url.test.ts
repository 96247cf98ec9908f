import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commit, gitOrFail } from '../support/git.ts'
import { runProgram, startProgram, wheelseal, type Outcome } from '../support/program.ts'
import { startServer, temporaryFolder, type Server } from '../support/server.ts'

const PIPELINE = `
job:
  script:
    - echo "says $WORD from $CI_PIPELINE_SOURCE"
    - if [ "$WORD" = wait ]; then sleep 300; fi
`

let folder: { path: string; remove: () => Promise<void> }
let server: Server
let work: string
const tokens = new Map<string, string>()
beforeAll(async () => {
  folder = await temporaryFolder()
  server = await startServer(join(folder.path, 'data'))
  await server.admin('project', 'create', 'acme/tools')
  for (const role of ['maintainer', 'developer'])
    tokens.set(role, String((await server.admin(...tokenOf(role)))['token']))
  work = join(folder.path, 'work')
  await mkdir(work)
  await gitOrFail(work, 'init', '--quiet', '-b', 'main')
  await gitOrFail(work, 'remote', 'add', 'origin', `${server.url}/acme/tools.git`)
  await commit(work, { '.gitlab-ci.yml': PIPELINE })
})
afterAll(async () => {
  await server.stop()
  await folder.remove()
})

const tokenOf = (role: string): readonly string[] => [
  ...['token', 'create', '--project', 'acme/tools', '--role', role, '--scope', 'api'],
]

const argvOf = (...more: readonly string[]): readonly string[] => [
  ...[wheelseal, 'run', '-C', work, '--url', server.url, '--executor', 'plain', '--json', ...more],
]

const envOf = (role: string): Record<string, string> => ({
  WHEELSEAL_TOKEN: tokens.get(role) ?? '',
  XDG_CACHE_HOME: join(folder.path, 'cache'),
})

function run(role: string, ...more: readonly string[]): Promise<Outcome> {
  return runProgram(argvOf(...more), { env: envOf(role) })
}

function runnersLeft(): unknown {
  const database = new DatabaseSync(join(server.data, 'wheelseal.db'), { readOnly: true })
  const { count } = database.prepare('select count(*) as count from runners').get() ?? {}
  database.close()
  return count
}

async function ask(path: string): Promise<unknown> {
  const headers = { 'private-token': tokens.get('maintainer') ?? '' }
  return (await fetch(`${server.url}/api/v4/projects/acme%2Ftools${path}`, { headers })).json()
}

function resultOf({ stdout }: Pick<Outcome, 'stdout'>): {
  readonly pipeline: { readonly id: number; readonly state: string }
} {
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
}

// docs/how-to/run-your-project.md
describe('a run on a server of another process', { timeout: 120_000 }, () => {
  it('pushes the commit and runs the jobs of its pipeline, and of one that is started for it again', async () => {
    const sources = []
    for (const word of ['one', 'two']) {
      const ran = await run('maintainer', '--variable', `WORD=${word}`)
      expect(ran.code, ran.stderr).toBe(0)
      expect(ran.stdout + ran.stderr).not.toContain(tokens.get('maintainer'))
      const { pipeline } = resultOf(ran)
      expect(pipeline.state).toBe('success')
      const row = (await ask(`/pipelines/${pipeline.id}`)) as { source: string; status: string }
      expect(row.status).toBe('success')
      sources.push(row.source)
      const [job] = (await ask(`/pipelines/${pipeline.id}/jobs`)) as readonly { id: number }[]
      const headers = { 'private-token': tokens.get('maintainer') ?? '' }
      const trace = `${server.url}/api/v4/projects/acme%2Ftools/jobs/${job?.id}/trace`
      expect(await (await fetch(trace, { headers })).text()).toContain(`says ${word} from ${row.source}`)
    }
    expect(sources).toEqual(['push', 'api'])
    expect(runnersLeft()).toBe(0)
  })

  it('cancels the pipeline and removes its runner when it is stopped', async () => {
    const child = startProgram(argvOf('--variable', 'WORD=wait'), { env: envOf('maintainer') })
    const closed = once(child, 'close')
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => {
      const before = said.includes('job-started')
      said += chunk.toString()
      if (!before && said.includes('job-started')) child.kill('SIGINT')
    })
    expect(await closed).toEqual([130, null])
    const { pipeline } = resultOf({ stdout: said })
    expect(await ask(`/pipelines/${pipeline.id}`)).toMatchObject({ status: 'canceled' })
    expect(runnersLeft()).toBe(0)
  })

  it.each<readonly [name: string, role: string, more: readonly string[], exit: number, code: string]>([
    ['who may not have runners', 'developer', [], 1, 'client.run-right'],
    ['nobody', 'nobody', [], 2, 'client.access-token'],
    ['another project', 'maintainer', ['--project', 'acme/other'], 1, 'client.run-project'],
    ['some of the jobs', 'maintainer', ['job'], 2, 'client.run-url'],
    ['a ref that is not there', 'maintainer', ['--tag', 'v9'], 1, 'client.no-project'],
  ])('says why it is not for %s', async (_name, ...[role, more, exit, code]) => {
    const { code: ended, stdout } = await run(role, ...more)
    expect([ended, stdout]).toEqual([exit, expect.stringContaining(`"${code}"`)])
  })

  it.each([['--data', 'elsewhere'], ['--worktree'], ['--wheelhouse', '.']])(
    'takes no %s beside it',
    async (...more) => {
      expect(await run('maintainer', ...more)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(`cannot be used with option '${more[0]}`),
      })
    },
  )

  it('does not force the push of a branch that has other commits', async () => {
    await commit(work, { a: 'a' })
    await gitOrFail(work, 'reset', '--quiet', '--hard', 'HEAD~1')
    await gitOrFail(work, 'commit', '--quiet', '--amend', '-m', 'other')
    const { code, stdout } = await run('maintainer')
    expect([code, stdout]).toEqual([1, expect.stringContaining('"client.push"')])
  })
})
