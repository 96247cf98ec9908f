import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Secret } from '../base/index.ts'
import { systemClock, systemEntropy, systemSpawn } from '../host/index.ts'
import { jobPayload, makeRepository, step, variable } from './arrange.contract.ts'
import { createPlainExecutor, createRunner, type RunnerOptions } from './index.ts'
import { fetchHttp, startServer, type FakeServer } from './api/runner-api.contract.ts'

const PROXY = 'http://me:proxy-pass-word@127.0.0.1:1'
const INDEX =
  'https://me:index%2Dpass@127.0.0.1:1/simple https://index-token-alone@127.0.0.1:1/simple https://u:%zz@h/'

/** What must not come from one job, from another project or from the machine to a job or its log. */
describe('a job', () => {
  let server: FakeServer
  let work: string
  let repository: { path: string; sha: string }

  beforeAll(async () => {
    server = await startServer()
    work = mkdtempSync(join(tmpdir(), 'ws-between-'))
    repository = makeRepository(join(work, 'repository'))
  })
  beforeEach(() => server.reset())
  afterAll(async () => {
    await server.close()
    rmSync(work, { recursive: true, force: true })
  })

  const run = async (changes: object, host: RunnerOptions['host'] = {}) => {
    server.jobs.push(jobPayload(repository, changes))
    const machine = {
      spawn: systemSpawn,
      host: { PATH: process.env['PATH'], HOME: join(work, 'home'), ...host },
    }
    const runner = createRunner({
      ...machine,
      serverUrl: server.url,
      token: new Secret('glrt-runner-token'),
      http: fetchHttp,
      clock: systemClock,
      entropy: systemEntropy,
      executor: createPlainExecutor({ ...machine, work: join(work, 'work') }),
      cacheFolder: join(work, 'cache'),
    })
    return runner.runNext(new AbortController().signal)
  }

  it("shows none of the passwords of the machine's pip", async () => {
    const script = ['python3 -m pip config list', 'echo index%2Dpass index-pass index-token-alone']
    const host = { PATH: `${fakePip(join(work, 'bin'))}:${process.env['PATH']}` }
    expect(await run({ steps: [step('script', script)] }, host)).toMatchObject({ state: 'success' })
    expect(server.log()).toContain("proxy='http://me:[MASKED]@127.0.0.1:1'")
    expect(server.log()).not.toMatch(/proxy-pass-word|index(%2D|-)pass|index-token-alone/)
  })

  it('shows no token of the jobs whose artifacts it gets', async () => {
    const dependency = { id: 7, name: 'a', token: 'token-of-that-job', artifacts_file: { filename: '' } }
    await run({ dependencies: [dependency], steps: [step('script', ['echo token-of-"that-job"'])] })
    expect(server.log()).toContain('\n[MASKED]\n')
  })

  it("gets neither the machine's agents nor anything else that opens doors", async () => {
    const doors = ['SSH_AUTH_SOCK', 'GPG_AGENT_INFO', 'DBUS_SESSION_BUS_ADDRESS', 'KRB5CCNAME', 'DOCKER_HOST']
    const host = Object.fromEntries(doors.map((name) => [name, 'from-the-machine']))
    expect(await run({ steps: [step('script', ['env'])] }, host)).toMatchObject({ state: 'success' })
    expect(server.log()).toContain('CI_PROJECT_DIR=')
    expect(server.log()).not.toContain('from-the-machine')
  })

  it('gets no cache of another project', async () => {
    const cache = [{ key: 'default', paths: ['kept'], policy: 'pull-push' }]
    const job = (id: number, project: number, script: string) => ({
      id,
      cache,
      job_info: { name: 'n', stage: 's', project_id: project, project_full_path: 'group/hello' },
      steps: [step('script', [script])],
    })
    await run(job(1, 20, 'echo poison > kept'))
    expect(await run(job(2, 21, 'test ! -e kept'))).toMatchObject({ state: 'success' })
    expect(await run(job(3, 20, 'cat kept'))).toMatchObject({ state: 'success' })
  })

  it('gets a cache by its fallback keys, the first that there is', async () => {
    const job = (id: number, cache: object, script: string) => ({
      id,
      cache: [{ paths: ['kept'], policy: 'pull-push', ...cache }],
      steps: [step('script', [script])],
    })
    await run(job(4, { key: 'first' }, 'echo first > kept'))
    await run(job(5, { key: 'second' }, 'echo second > kept'))
    const keys = ['absent-too', 'second', 'first']
    expect(await run(job(6, { key: 'absent', fallback_keys: keys }, 'grep second kept'))).toMatchObject({
      state: 'success',
    })
    const last = {
      ...job(7, { key: 'none' }, 'grep first kept'),
      variables: [variable('CACHE_FALLBACK_KEY', 'first')],
    }
    expect(await run(last)).toMatchObject({ state: 'success' })
  })

  it('has scripts and folders that nobody else of the machine can read', async () => {
    const looked = [
      '"$CI_PROJECT_DIR.tmp/script.sh"',
      '"$CI_PROJECT_DIR.tmp"',
      '"$CI_PROJECT_DIR"',
      '"$HOME"',
      '"$TMPDIR"',
    ]
    await run({ steps: [step('script', ['umask 0', `echo modes $(stat -c %a ${looked.join(' ')})`])] })
    expect(server.log()).toContain('\nmodes 600 700 700 700 700\n')
  })
})

/** A python3 whose pip is configured with passwords. */
function fakePip(folder: string): string {
  mkdirSync(folder)
  const path = join(folder, 'python3')
  const listing = `global.proxy='${PROXY}'\nglobal.index-url='${INDEX}'`
  const answer = `case "$*" in *'pip config list') echo "${listing}" ;; *) echo wheelseal:3.12.1:${path} ;; esac`
  writeFileSync(path, `#!/bin/sh\n${answer}\n`)
  chmodSync(path, 0o755)
  return folder
}
