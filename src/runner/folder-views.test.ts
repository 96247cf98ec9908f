import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Secret } from '../base/index.ts'
import { systemClock, systemEntropy, systemSpawn } from '../host/index.ts'
import { fetchHttp, startServer, TOKEN, type FakeServer } from './api/runner-api.contract.ts'
import { jobPayload, makeRepository, step, variable } from './arrange.contract.ts'
import { describeExecutor } from './executor.contract.ts'
import { createRunner } from './index.ts'
import { createRenamingExecutor } from './renaming-executor.contract.ts'

describeExecutor('one that shows a job its folders by other names', createRenamingExecutor)

describe('a job that knows its folders by other names than the host', () => {
  let server: FakeServer
  let top: string
  let repository: { path: string; sha: string }

  beforeAll(async () => {
    server = await startServer()
    top = mkdtempSync(join(tmpdir(), 'ws-views-'))
    repository = makeRepository(join(top, 'repository'))
  })
  beforeEach(() => server.reset())
  afterAll(async () => {
    await server.close()
    rmSync(top, { recursive: true, force: true })
  })

  const work = (): string => join(top, 'work')
  const seen = (id: number): string => join(work(), `seen-by-${id}`)
  const run = async (changes: object) => {
    server.jobs.push(jobPayload(repository, changes))
    const machine = { spawn: systemSpawn, host: { PATH: process.env['PATH'], HOME: top } }
    const runner = createRunner({
      ...machine,
      serverUrl: server.url,
      token: new Secret('glrt-runner-token'),
      http: fetchHttp,
      clock: systemClock,
      entropy: systemEntropy,
      executor: createRenamingExecutor({ ...machine, work: work() }),
      cacheFolder: join(top, 'cache'),
    })
    return runner.runNext(new AbortController().signal)
  }

  it('is told the name of its executor, and tells it the server', async () => {
    await run({})
    expect(server.log()).toMatch(/^.{0,12}Running with the renaming executor/)
    expect(server.requests.at(-1)).toMatchObject({ info: { executor: 'renaming' } })
  })

  it('finds its commit, its variables and their files where it was told', async () => {
    const variables = [variable('KEY', 'pem text', { file: true }), variable('DEEP', '$CI_PROJECT_DIR/a')]
    const script = ['cat hello.txt "$KEY"', 'echo "|$KEY|$DEEP|$CI_BUILDS_DIR|$PWD|"']
    expect(await run({ variables, steps: [step('script', script)] })).toMatchObject({ state: 'success' })
    const project = `${seen(301)}/builds/group/hello`
    expect(server.log()).toContain('hello from the commit\npem text')
    expect(server.log()).toContain(`|${project}.tmp/KEY|${project}/a|${seen(301)}/builds|${project}|`)
  })

  it('hands on the artifacts that it names by its own paths', async () => {
    const artifacts = [
      {
        paths: ['$CI_PROJECT_DIR/dist/', '${CI_PROJECT_DIR}/x/**'],
        artifact_type: 'archive',
        artifact_format: 'zip',
      },
    ]
    const make = 'mkdir dist x; echo wheel > dist/a.whl; echo deep > x/b'
    expect(await run({ artifacts, steps: [step('script', [make])] })).toMatchObject({ state: 'success' })
    expect(server.log()).not.toContain('is not inside of the project')
    const dependencies = [
      { id: 301, name: 'build', token: TOKEN, artifacts_file: { filename: 'artifacts.zip' } },
    ]
    const next = { id: 302, dependencies, steps: [step('script', ['cat dist/a.whl "$CI_PROJECT_DIR/x/b"'])] }
    expect(await run(next)).toMatchObject({ state: 'success' })
    expect(server.log()).toContain('wheel\ndeep\n')
  })

  it('hands on no artifact by a path of the host', async () => {
    const path = join(work(), 'job-301', 'builds', 'group', 'hello', 'hello.txt')
    await run({ artifacts: [{ paths: [path], artifact_type: 'archive', artifact_format: 'zip' }] })
    expect(server.log()).toContain(`${path}: is not inside of the project and is left out`)
  })

  it('keeps a cache that it names by its own path, and begins one for pip there', async () => {
    const cache = [{ key: 'views', paths: ['$PIP_CACHE_DIR'], policy: 'pull-push' }]
    const variables = [variable('PIP_CACHE_DIR', '$CI_PROJECT_DIR/.pip-cache')]
    const first = 'test -e .pip-cache/CACHEDIR.TAG && echo warm > "$PIP_CACHE_DIR/page"'
    expect(await run({ cache, variables, steps: [step('script', [first])] })).toMatchObject({
      state: 'success',
    })
    const second = step('script', ['cat "$PIP_CACHE_DIR/page"'])
    expect(await run({ id: 302, cache, variables, steps: [second] })).toMatchObject({ state: 'success' })
    expect(server.log()).toContain('warm\n')
  })

  it('has the same names in after_script, and leaves nothing of either', async () => {
    const after = step('after_script', ['echo "after $CI_JOB_STATUS $PWD $(cat hello.txt)"'])
    await run({ steps: [step('script', ['false']), after] })
    expect(server.log()).toContain(`after failed ${seen(301)}/builds/group/hello hello from the commit`)
    expect(readdirSync(work())).toEqual([])
  })
})
