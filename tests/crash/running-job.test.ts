import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { env } from 'node:process'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Secret } from '../../src/base/index.ts'
import { systemClock, systemEntropy, systemSpawn } from '../../src/host/index.ts'
import { fetchHttp } from '../../src/runner/api/runner-api.contract.ts'
import { makeRepository } from '../../src/runner/arrange.contract.ts'
import { createPlainExecutor, createRunner, type JobOutcome } from '../../src/runner/index.ts'
import { withAdmin } from '../../src/server/index.ts'
import { startServer, temporaryFolder, type Server } from '../support/server.ts'

let folder: { path: string; remove: () => Promise<void> }
let server: Server
let running: Promise<readonly JobOutcome[]>
const stopping = new AbortController()
const ended: { readonly id: number; readonly state: string }[] = []

/** Each job leaves its number and its token where it begins, and its number again where it ends. */
const config = (): string => `
.work: &work
  - echo $CI_JOB_ID >> ${at('begun')}
  - printf %s "$CI_JOB_TOKEN" > ${at('token-')}$CI_JOB_ID
  - until [ -e ${at('go')} ]; do sleep 0.05; done
  - echo $CI_JOB_ID >> ${at('finished')}
again: { retry: { max: 1, when: runner_system_failure }, script: *work }
once: { retry: { max: 1, when: script_failure }, script: *work }
`
const at = (name: string): string => join(folder.path, name)
const lines = (name: string): readonly string[] =>
  existsSync(at(name)) ? readFileSync(at(name), 'utf8').trim().split('\n') : []

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await wait(50)
}

beforeAll(async () => {
  folder = await temporaryFolder()
  server = await startServer(at('data'))
  await server.admin('project', 'create', 'acme/tools')
  await server.admin('user', 'create', 'ada', '--admin')
})
afterAll(async () => {
  stopping.abort('stop')
  await running
  await server.stop()
  await folder.remove()
})

describe('kill -9 of wheelseal up while a runner has jobs', { timeout: 120_000 }, () => {
  let pipelineId = 0
  let begun: readonly number[] = []

  it('fails them when it starts again, and tries those again that say so', async () => {
    const repository = makeRepository(at('repository'))
    await withAdmin(server.data, async (admin) => {
      running = startRunner((await admin.createRunner({ description: 'test' })).token)
      pipelineId = (await admin.createPipeline(pipelineOf(repository))).id
    })
    await until(() => lines('begun').length === 2)
    begun = lines('begun').map(Number)
    await server.kill()
    server = await startServer(server.data)
    const { jobs } = await withAdmin(server.data, (admin) => admin.pipeline(pipelineId))
    const first = jobs.filter(({ id }) => begun.includes(id))
    expect(first.map(({ state, failureReason }) => [state, failureReason])).toEqual([
      ['failed', 'runner_system_failure'],
      ['failed', 'runner_system_failure'],
    ])
    expect(jobs.filter(({ id }) => !begun.includes(id)).map(({ name }) => name)).toEqual(['again'])
  })

  it('refuses what their runner still says of them', async () => {
    for (const id of begun) {
      const token = readFileSync(at(`token-${id}`), 'utf8')
      const ask = async (asked: string, headers: Record<string, string>, body: string) =>
        (
          await fetch(`${server.url}/api/v4/jobs/${id}${asked.split(' ')[1]}`, {
            method: asked.split(' ')[0] ?? '',
            headers: { 'job-token': token, ...headers },
            body,
          })
        ).status
      const json = { 'content-type': 'application/json' }
      expect(await ask('PATCH /trace', { 'content-range': '0-0' }, 'x')).toBe(403)
      expect(await ask('PUT ', json, JSON.stringify({ token, state: 'success' }))).toBe(403)
      expect(await ask('POST /artifacts', { 'content-type': 'multipart/form-data; boundary=x' }, '')).toBe(
        403,
      )
      const own = await fetch(`${server.url}/api/v4/job`, { headers: { 'job-token': token } })
      expect(own.status).toBe(401)
    }
  })

  it('has the runner end them, and runs no job twice', async () => {
    await until(() => ended.length === 2)
    expect(ended.map(({ state }) => state)).toEqual(['canceled', 'canceled'])
    await until(() => lines('begun').length === 3)
    writeFileSync(at('go'), '')
    await until(
      async () => (await withAdmin(server.data, (admin) => admin.pipeline(pipelineId))).state === 'failed',
    )
    expect(new Set(lines('begun')).size).toBe(3)
    expect(lines('finished')).toEqual(lines('begun').slice(2))
    const { jobs } = await withAdmin(server.data, (admin) => admin.pipeline(pipelineId))
    expect(jobs.find(({ id }) => !begun.includes(id))).toMatchObject({ name: 'again', state: 'success' })
  })
})

function startRunner(token: string): Promise<readonly JobOutcome[]> {
  const machine = { spawn: systemSpawn, host: { PATH: env['PATH'], HOME: folder.path } }
  const runner = createRunner({
    ...machine,
    serverUrl: server.url,
    token: new Secret(token),
    http: fetchHttp,
    clock: systemClock,
    entropy: systemEntropy,
    executor: createPlainExecutor({ ...machine, work: at('work') }),
    cacheFolder: at('cache'),
    observer: {
      event: (event) => {
        if (event.kind === 'job-ended') ended.push({ id: event.outcome.id, state: event.outcome.state })
      },
    },
    pollMs: 50,
    jobs: 2,
  })
  return runner.runUntil(() => false, stopping.signal)
}

function pipelineOf({ path, sha }: { readonly path: string; readonly sha: string }) {
  return {
    project: 'acme/tools',
    user: 'ada',
    commit: {
      repositoryUrl: path,
      sha,
      ref: 'main',
      title: 't',
      author: 'A <a@example.com>',
      timestamp: '2026-01-01T00:00:00Z',
    },
    config: { path: '.gitlab-ci.yml', text: config() },
    variables: [],
  }
}
