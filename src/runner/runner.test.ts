import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Secret } from '../base/index.ts'
import { systemClock, systemEntropy, systemSpawn } from '../host/index.ts'
import { createPlainExecutor, createRunner, type JobOutcome, type Runner, type RunnerEvent } from './index.ts'
import { jobPayload, makeRepository, step, variable } from './arrange.contract.ts'
import { fetchHttp, startServer, TOKEN, type FakeServer } from './api/runner-api.contract.ts'

describe('a runner against a server that plays the runner API', () => {
  let server: FakeServer
  let work: string
  let repository: { path: string; sha: string }
  let created: Runner
  let events: RunnerEvent[] = []

  beforeAll(async () => {
    server = await startServer()
    work = mkdtempSync(join(tmpdir(), 'ws-runner-'))
    repository = makeRepository(join(work, 'repository'))
    created = makeRunner()
  })
  beforeEach(() => {
    server.reset()
    events = []
  })
  afterAll(async () => {
    await server.close()
    rmSync(work, { recursive: true, force: true })
  })

  const makeRunner = (): Runner => {
    const machine = {
      spawn: systemSpawn,
      host: { PATH: process.env['PATH'], HOME: join(work, 'home'), SECRET_OF_THE_HOST: 'not-for-jobs' },
    }
    return createRunner({
      ...machine,
      serverUrl: server.url,
      token: new Secret('glrt-runner-token'),
      http: fetchHttp,
      clock: systemClock,
      entropy: systemEntropy,
      executor: createPlainExecutor({ ...machine, work: join(work, 'work') }),
      cacheFolder: join(work, 'cache'),
      observer: { event: (event) => events.push(event) },
      pollMs: 10,
    })
  }
  const runner = (signal: AbortSignal = new AbortController().signal) => created.runNext(signal)
  const payload = (changes: object = {}) => jobPayload(repository, changes)

  it('says that there is no job', async () => {
    expect(await runner()).toBe('no-job')
    expect(server.requests[0]).toMatchObject({ token: 'glrt-runner-token', info: { executor: 'plain' } })
  })

  it('runs all jobs until there is none and its caller is done', async () => {
    server.jobs.push(payload(), payload({ id: 302 }))
    let asked = 0
    const outcomes = await created.runUntil(() => ++asked === 2, new AbortController().signal)
    expect(outcomes.map(({ id, state }) => [id, state])).toEqual([
      [301, 'success'],
      [302, 'success'],
    ])
    expect(asked).toBe(2)
  })

  it('runs a job, streams its log and reports success with the checksum of the log', async () => {
    server.jobs.push(payload({ steps: [step('script', ['cat hello.txt', 'echo "$((40 + 2))"'])] }))
    const outcome = (await runner()) as JobOutcome
    expect(outcome).toMatchObject({ id: 301, name: 'build', stage: 'build', state: 'success' })
    expect(server.log()).toMatch(/^.{0,12}Running with the plain executor, without isolation/)
    expect(server.log()).toContain('\u001B[32;1m$ cat hello.txt\u001B[0;m\nhello from the commit\n')
    expect(server.log()).toContain('\n42\n')
    expect(server.log()).toContain(':step_script\r\u001B[0K')
    expect(server.final()).toMatchObject({
      state: 'success',
      output: {
        checksum: `crc32:${crc32(server.trace).toString(16).padStart(8, '0')}`,
        bytesize: server.trace.length,
      },
    })
    expect(events.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['job-started', 'output', 'job-ended']),
    )
    expect(events.some((event) => event.kind === 'output' && event.line === '42')).toBe(true)
  })

  it('reports the exit code of a script that fails, and runs no entry after it', async () => {
    server.jobs.push(payload({ steps: [step('script', ['false | cat', 'echo never'])] }))
    expect(await runner()).toMatchObject({ state: 'failed', reason: 'script_failure', exitCode: 1 })
    expect(server.final()).toMatchObject({ state: 'failed', failure_reason: 'script_failure', exit_code: 1 })
    expect(server.log()).not.toContain('\nnever\n')
  })

  it('gives a job its own HOME, its variables, and of the host an allow-list', async () => {
    const variables = [
      variable('GREETING', 'hi $CI_PROJECT_DIR $$x'),
      variable('RAW', '$CI_PROJECT_DIR', { raw: true }),
      variable('KEY_FILE', 'pem text', { file: true }),
      variable('bad-name', 'x'),
    ]
    const script = [
      'echo "1 $GREETING"',
      'echo "2 $RAW"',
      'echo "3 $(cat "$KEY_FILE") $(stat -c %a "$KEY_FILE")"',
      'echo "4 [$SECRET_OF_THE_HOST]"',
      'test "$PWD" = "$CI_PROJECT_DIR" && test -d "$HOME" && test -d "$TMPDIR" && echo "5 $HOME"',
    ]
    server.jobs.push(payload({ variables, steps: [step('script', script)] }))
    expect(await runner()).toMatchObject({ state: 'success' })
    const project = join(work, 'work', 'job-301', 'builds', 'group', 'hello')
    expect(server.log()).toContain(`\n1 hi ${project} $x\n`)
    expect(server.log()).toContain('\n2 $CI_PROJECT_DIR\n')
    expect(server.log()).toContain('\n3 pem text 600\n')
    expect(server.log()).toContain('\n4 []\n')
    expect(server.log()).toContain(`\n5 ${join(work, 'work', 'job-301', 'home')}\n`)
    expect(server.log()).toContain("variable 'bad-name' is not a valid shell variable name")
    expect(existsSync(join(work, 'work', 'job-301'))).toBe(false)
  })

  it('refuses a variable that no process could be given, by its name', async () => {
    server.jobs.push(payload({ variables: [variable('LONG', 'x'.repeat(200_000))] }))
    expect(await runner()).toMatchObject({ state: 'failed', reason: 'runner_system_failure' })
    expect(server.log()).toContain('variable LONG is larger than 128 KiB')
  })

  it('says that services are not started', async () => {
    server.jobs.push(payload({ services: [{ name: 'postgres:16' }] }))
    expect(await runner()).toMatchObject({ state: 'success' })
    expect(server.log()).toContain('WARNING: services are ignored')
  })

  it('masks the job token and masked variables, in the log and for the observer', async () => {
    const variables = [
      variable('PASSWORD', 'correct-horse', { masked: true }),
      variable('CI_JOB_TOKEN', TOKEN),
    ]
    server.jobs.push(payload({ variables, steps: [step('script', ['echo "$PASSWORD-$CI_JOB_TOKEN"'])] }))
    await runner()
    expect(server.log()).toContain('\n[MASKED]-[MASKED]\n')
    expect(JSON.stringify(events)).not.toMatch(/correct-horse|job-token-of/)
  })

  it('runs after_script after a failure, with the status, and keeps the result', async () => {
    const steps = [
      step('script', ['exit 3']),
      step('after_script', ['echo "status $CI_JOB_STATUS"', 'exit 9']),
    ]
    server.jobs.push(payload({ steps }))
    expect(await runner()).toMatchObject({ state: 'failed', exitCode: 3 })
    expect(server.log()).toContain('\nstatus failed\n')
  })

  it('hands artifacts from one job to the next, modes included', async () => {
    const make = [
      'mkdir -p dist/sub',
      'echo wheel > dist/a.whl',
      'echo s > dist/sub/b.sig',
      'chmod 600 dist/sub/b.sig',
      'chmod 755 dist/a.whl',
    ]
    const artifacts = [{ paths: ['dist/'], artifact_type: 'archive', artifact_format: 'zip' }]
    server.jobs.push(payload({ steps: [step('script', make)], artifacts }))
    expect(await runner()).toMatchObject({ state: 'success' })
    expect(server.artifacts.get(301)?.query).toBe('artifact_format=zip&artifact_type=archive')
    const dependencies = [
      { id: 301, name: 'build', token: TOKEN, artifacts_file: { filename: 'artifacts.zip', size: 1 } },
    ]
    const script = ['cat dist/a.whl', 'stat -c "%a %n" dist/a.whl dist/sub/b.sig']
    server.jobs.push(payload({ id: 302, dependencies, steps: [step('script', script)] }))
    expect(await runner()).toMatchObject({ id: 302, state: 'success' })
    expect(server.log()).toContain('755 dist/a.whl\n600 dist/sub/b.sig\n')
  })

  it('fails a job whose artifacts the server refuses, and says the status', async () => {
    server.artifactStatus = 413
    const artifacts = [{ paths: ['hello.txt'], artifact_type: 'archive', artifact_format: 'zip' }]
    server.jobs.push(payload({ steps: [step('script', ['true'])], artifacts }))
    expect(await runner()).toMatchObject({ state: 'failed', reason: 'runner_system_failure' })
    expect(server.log()).toContain('uploading the archive failed: HTTP 413')
  })

  it('keeps a cache between jobs of a project and tags a new pip cache', async () => {
    const cache = [{ key: 'default', paths: ['${PIP_CACHE_DIR}'], policy: 'pull-push' }]
    const variables = [variable('PIP_CACHE_DIR', '$CI_PROJECT_DIR/.pip-cache')]
    const first = ['ls -A .pip-cache', 'echo warm > .pip-cache/page']
    server.jobs.push(payload({ variables, cache, steps: [step('script', first)] }))
    server.jobs.push(payload({ id: 302, variables, cache, steps: [step('script', ['cat .pip-cache/page'])] }))
    await runner()
    expect(server.log()).toContain('\nCACHEDIR.TAG\n')
    expect(await runner()).toMatchObject({ state: 'success' })
    expect(server.log()).toContain('\nwarm\n')
  })

  it('ends a job at its timeout, with all processes of its group', async () => {
    server.jobs.push(
      payload({ runner_info: { timeout: 1 }, steps: [step('script', ['sleep 600 & sleep 600'])] }),
    )
    expect(await runner()).toMatchObject({ state: 'failed', reason: 'job_execution_timeout' })
    expect(server.final()).toMatchObject({ failure_reason: 'job_execution_timeout' })
    expect(server.log()).toContain('execution took longer than 1 seconds')
  })

  it('does not wait for what a script leaves in the background', async () => {
    server.jobs.push(
      payload({ runner_info: { timeout: 20 }, steps: [step('script', ['sleep 600 &', 'echo done'])] }),
    )
    expect(await runner()).toMatchObject({ state: 'success' })
  })

  it('ends a job as canceled when its user stops the runner', async () => {
    const stopping = new AbortController()
    server.onFirstRequest = () =>
      AbortSignal.timeout(300).addEventListener('abort', () => stopping.abort('stop'))
    server.jobs.push(payload({ steps: [step('script', ['sleep 600'])] }))
    expect(await runner(stopping.signal)).toMatchObject({ state: 'canceled' })
    expect(server.final()).toMatchObject({ state: 'failed', failure_reason: 'unknown_failure' })
  })

  it('says which commit is missing and fails as a failure of the system', async () => {
    server.jobs.push(payload({ git_info: { repo_url: repository.path, sha: '0'.repeat(40), ref: 'main' } }))
    expect(await runner()).toMatchObject({ state: 'failed', reason: 'runner_system_failure' })
    expect(server.log()).toContain('git fetch failed (exit 128)')
  })

  it('refuses a repository address that could start a program', async () => {
    server.jobs.push(
      payload({ git_info: { repo_url: 'ext::sh -c touch% /tmp/x', sha: repository.sha, ref: 'main' } }),
    )
    expect(await runner()).toMatchObject({ state: 'failed', reason: 'runner_system_failure' })
    expect(server.log()).toContain('neither an HTTP URL nor an absolute path')
  })

  it('refuses a payload of another shape, naming the field and no value', async () => {
    server.jobs.push({ ...payload(), token: 7 })
    await expect(runner()).rejects.toMatchObject({
      code: 'runner.payload',
      message: expect.stringContaining('token') as string,
    })
  })

  it('gives each python job a virtual environment of its own, with pip', async () => {
    const image = { name: 'python:3.99' }
    const probe = 'python -c "import sys; print(sys.prefix)"'
    const dirty =
      'echo "x = 1" > "$(python -c "import site; print(site.getsitepackages()[0])")/left_behind.py"'
    server.jobs.push(payload({ image, steps: [step('script', [probe, 'pip --version', dirty])] }))
    server.jobs.push(
      payload({
        id: 302,
        image,
        steps: [step('script', ['! python -c "import left_behind" 2>&1', 'pip3 --version'])],
      }),
    )
    expect(await runner()).toMatchObject({ state: 'success' })
    expect(server.log()).toMatch(
      /image python:3\.99 → Python 3\.\d+\.\d+ of this machine \(3\.99 is not installed here; to run the job with it, put python3\.99 on the PATH, or run 'pyenv install 3\.99'\)/,
    )
    expect(server.log()).toContain(`\n${join(work, 'work', 'job-301', 'venv')}\n`)
    expect(server.log()).toContain(`from ${join(work, 'work', 'job-301', 'venv')}/lib`)
    expect(await runner()).toMatchObject({ state: 'success' })
    expect(readdirSync(join(work, 'work'))).toEqual(['seeds'])
  }, 120_000)
})
