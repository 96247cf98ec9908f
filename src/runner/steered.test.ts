import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openPromise } from 'yauzl'
import { Secret, WheelsealError, type Clock, type Http } from '../base/index.ts'
import { systemClock, systemEntropy, systemSpawn } from '../host/index.ts'
import { jobPayload, makeRepository, step, variable } from './arrange.contract.ts'
import type { Executor } from './executor.ts'
import { createPlainExecutor, createRunner, type RunnerOptions } from './index.ts'
import { fetchHttp, startServer, type FakeServer } from './api/runner-api.contract.ts'

/** What the variables and keywords of a job ask of the runner. */
describe('a job', () => {
  let server: FakeServer
  let top: string
  let repository: { path: string; sha: string }
  let executor: Executor
  let lastJob = 600
  const machine = { spawn: systemSpawn, host: { PATH: process.env['PATH'] } }

  beforeAll(async () => {
    server = await startServer()
    top = mkdtempSync(join(tmpdir(), 'ws-steered-'))
    repository = makeRepository(join(top, 'repository'))
    executor = createPlainExecutor({ ...machine, work: join(top, 'work') })
  })
  beforeEach(() => server.reset())
  afterAll(async () => {
    await server.close()
    rmSync(top, { recursive: true, force: true })
  })

  const payload = (changes: object) => jobPayload(repository, { id: ++lastJob, ...changes })
  const runnerOf = (more: Partial<RunnerOptions> = {}) =>
    createRunner({
      ...machine,
      serverUrl: server.url,
      token: new Secret('glrt-runner-token'),
      http: fetchHttp,
      clock: systemClock,
      entropy: systemEntropy,
      executor,
      cacheFolder: join(top, 'cache'),
      pollMs: 10,
      ...more,
    })
  const run = async (changes: object, more: Partial<RunnerOptions> = {}) => {
    server.jobs.push(payload(changes))
    return runnerOf(more).runNext(new AbortController().signal)
  }
  const archive = (more: object) => ({ artifact_type: 'archive', artifact_format: 'zip', ...more })

  describe('runs beside others', () => {
    it('as many as the runner may have, each by a number of its own', async () => {
      const meet = (mine: string, theirs: string): object => ({
        steps: [
          step('script', [
            `touch ${top}/${mine}; until [ -e ${top}/${theirs} ]; do sleep 0.05; done`,
            'echo "number $CI_CONCURRENT_ID"',
          ]),
        ],
      })
      server.jobs.push(payload(meet('a', 'b')), payload(meet('b', 'a')), payload({}))
      const outcomes = await runnerOf({ jobs: 2 }).runUntil(() => true, new AbortController().signal)
      expect(outcomes.map(({ id, state }) => [id, state])).toEqual(
        [lastJob - 2, lastJob - 1, lastJob].map((id) => [id, 'success']),
      )
      expect(server.log(lastJob - 2)).toContain('\nnumber 0\n')
      expect(server.log(lastJob - 1)).toContain('\nnumber 1\n')
    })

    it('until the runner is stopped, which ends them all and leaves nothing', async () => {
      const stopping = new AbortController()
      let started = 0
      const observer: RunnerOptions['observer'] = {
        event: (event) => {
          if (event.kind === 'output' && event.line === 'started' && ++started === 2) stopping.abort('stop')
        },
      }
      const steps = [step('script', ['echo start"ed"', 'sleep 600'])]
      server.jobs.push(payload({ steps }), payload({ steps }))
      const outcomes = await runnerOf({ jobs: 2, observer }).runUntil(() => false, stopping.signal)
      expect(outcomes.map(({ state }) => state)).toEqual(['canceled', 'canceled'])
      expect(readdirSync(join(top, 'work')).filter((name) => name.startsWith('job-'))).toEqual([])
    })

    it('and is reported as failed where it cannot be read', async () => {
      server.jobs.push({ ...payload({}), variables: [{ key: 7 }] })
      await expect(runnerOf().runUntil(() => true, new AbortController().signal)).rejects.toMatchObject({
        code: 'runner.payload',
      })
      expect(server.final()).toMatchObject({ failure_reason: 'runner_system_failure' })
    })
  })

  describe('is asked for', () => {
    const gone = new WheelsealError('net.unreachable', 'gone', {
      status: 502,
      exit: 1,
      summary: '',
      hint: '',
    })

    it('again and ever more slowly while the server is away', async () => {
      const { waits, clock, http } = away(4)
      server.jobs.push(payload({}))
      const runner = runnerOf({ http, clock, pollMs: 100 })
      const outcomes = await runner.runUntil(() => server.jobs.length === 0, new AbortController().signal)
      expect([outcomes.length, waits.slice(0, 4)]).toEqual([1, [200, 400, 800, 1_600]])
    })

    it('no more of a server that stays away', async () => {
      const { http, clock } = away(99)
      const runner = runnerOf({ http, clock, pollMs: 100 })
      await expect(runner.runUntil(() => false, new AbortController().signal)).rejects.toBe(gone)
    })

    function away(times: number) {
      const waits: number[] = []
      let left = times
      const http: Http = {
        request: (request) => (left-- > 0 ? Promise.reject(gone) : fetchHttp.request(request)),
      }
      const clock: Clock = {
        nowMs: () => systemClock.nowMs(),
        sleep: (ms, signal) => {
          if (ms >= 3_000) return systemClock.sleep(ms, signal)
          waits.push(ms)
          return Promise.resolve()
        },
      }
      return { waits, http, clock }
    }
  })

  describe('whose time is over', () => {
    const script = ['echo before', 'sleep 600']
    const after = step('after_script', ['echo "after $CI_JOB_STATUS"'])

    it('by RUNNER_SCRIPT_TIMEOUT runs its after_script and keeps what `when` says', async () => {
      const variables = [variable('RUNNER_SCRIPT_TIMEOUT', '500ms')]
      const artifacts = [archive({ paths: ['hello.txt'], when: 'on_failure' })]
      expect(await run({ variables, artifacts, steps: [step('script', script), after] })).toMatchObject({
        state: 'failed',
        reason: 'job_execution_timeout',
      })
      expect(server.log()).toContain('\nafter timedout\n')
      expect(server.uploads).toHaveLength(1)
    })

    it('as a whole runs none', async () => {
      const steps = [step('script', script), after]
      expect(await run({ runner_info: { timeout: 1 }, steps })).toMatchObject({
        reason: 'job_execution_timeout',
      })
      expect(server.log()).not.toContain('after ')
    })

    it('in its after_script is no failure', async () => {
      const variables = [variable('RUNNER_AFTER_SCRIPT_TIMEOUT', '300ms')]
      const steps = [step('script', ['true']), step('after_script', ['sleep 600'])]
      expect(await run({ variables, steps })).toMatchObject({ state: 'success' })
      expect(server.log()).toContain('after_script failed, but job will continue unaffected')
    })
  })

  it('fails with its after_script where AFTER_SCRIPT_IGNORE_ERRORS is false', async () => {
    const variables = [variable('AFTER_SCRIPT_IGNORE_ERRORS', 'false')]
    const steps = [step('script', ['true']), step('after_script', ['exit 9'])]
    expect(await run({ variables, steps })).toMatchObject({ reason: 'script_failure', exitCode: 9 })
  })

  it('has folded sections for commands of several lines with FF_SCRIPT_SECTIONS', async () => {
    const variables = [variable('FF_SCRIPT_SECTIONS', 'true')]
    await run({ variables, steps: [step('script', ['echo one\necho two'])] })
    expect(server.log()).toMatch(
      /section_start:\d+:script_script_0\[hide_duration=true,collapsed=true\]\r\u001B\[0K\u001B\[32;1m\$ echo one\necho two/,
    )
  })

  it('that leads its folders elsewhere ends there', async () => {
    const outside = join(top, 'outside')
    mkdirSync(outside)
    writeFileSync(join(outside, 'secret.txt'), 'of the machine')
    const artifacts = [archive({ paths: ['secret.txt'], when: 'always' })]
    const script = [`cd / && rm -rf "$CI_PROJECT_DIR" && ln -s ${outside} "$CI_PROJECT_DIR"`]
    expect(await run({ artifacts, steps: [step('script', script)] })).toMatchObject({
      reason: 'runner_system_failure',
    })
    expect(server.log()).toContain('removed or replaced a folder')
    expect([server.uploads, existsSync(join(outside, 'secret.txt'))]).toEqual([[], true])
  })

  describe('sends', () => {
    it('what is not tracked, but for what is excluded', async () => {
      const artifacts = [archive({ paths: [], untracked: true, exclude: ['**/*.tmp'] })]
      const script = ['mkdir -p a/b', 'touch a/b/new a/b/new.tmp top', 'git config core.fsmonitor false']
      expect(await run({ artifacts, steps: [step('script', script)] })).toMatchObject({ state: 'success' })
      expect(await names(server.uploads[0]?.bytes)).toEqual(['a/b/new', 'top'])
      expect(server.log()).toContain('untracked: found 2 matching files')
      expect(server.log()).toContain('**/*.tmp: excluded 1 files')
    })

    it('each report as one gzip stream, by its type', async () => {
      const report = (type: string, name: string) => ({
        artifact_type: type,
        artifact_format: 'gzip',
        name,
        paths: type === 'dotenv' ? ['build.env'] : ['r/*.xml'],
        when: 'always',
        expire_in: '1 week',
      })
      const artifacts = [report('dotenv', '.env'), report('junit', 'junit.xml')]
      const script = ['mkdir r; echo A=1 > build.env; echo one > r/1.xml; echo two > r/2.xml; exit 1']
      expect(await run({ artifacts, steps: [step('script', script)] })).toMatchObject({ exitCode: 1 })
      const sent = server.uploads.map(({ query, name, bytes }) => [query, name, gunzipSync(bytes).toString()])
      const week = '&expire_in=1+week'
      expect(sent).toEqual([
        [`artifact_format=gzip&artifact_type=dotenv${week}`, '.env.gz', 'A=1\n'],
        [`artifact_format=gzip&artifact_type=junit${week}`, 'junit.xml.gz', 'one\ntwo\n'],
      ])
      expect(Buffer.from(server.uploads[1]?.bytes ?? []).toString('latin1')).toContain('1.xml\0')
    })

    it('an archive by the last part of its expanded name', async () => {
      const variables = [variable('CI_COMMIT_REF_NAME', 'feature/x')]
      const artifacts = [archive({ paths: ['hello.txt'], name: 'of-$CI_COMMIT_REF_NAME' })]
      await run({ variables, artifacts })
      expect(server.uploads[0]?.name).toBe('x.zip')
    })

    it('nothing where nothing matches, and says so', async () => {
      const artifacts = [archive({ paths: ['dist/*.whl'] })]
      expect(await run({ artifacts })).toMatchObject({ state: 'success' })
      expect(server.log()).toContain('WARNING: dist/*.whl: no matching files. Ensure that the artifact path')
      expect(server.log()).toContain('ERROR: No files to upload')
    })
  })

  describe('keeps caches', () => {
    const cached = (key: string, script: string, cache: object = {}, variables: object[] = []) => ({
      cache: [{ key, paths: ['kept'], ...cache }],
      variables,
      steps: [step('script', [script])],
    })

    it('by the policy that a variable names', async () => {
      const policy = { policy: '$CACHE_POLICY' }
      await run(cached('p', 'echo one > kept', policy, [variable('CACHE_POLICY', 'push')]))
      const pull = [variable('CACHE_POLICY', 'pull')]
      expect(await run(cached('p', 'grep one kept; echo two > kept', policy, pull))).toMatchObject({
        state: 'success',
      })
      expect(server.log()).toContain('Not uploading cache p due to policy')
      expect(await run(cached('p', 'grep one kept'))).toMatchObject({ state: 'success' })
    })

    it('of what is not tracked', async () => {
      await run(cached('u', 'echo made > made', { paths: [], untracked: true }))
      expect(await run(cached('u', 'grep made made', { paths: [], untracked: true }))).toMatchObject({
        state: 'success',
      })
    })

    it('of protected refs from nobody who only names them in CACHE_FALLBACK_KEY', async () => {
      await run(cached('main-protected', 'echo ours > kept'))
      const fallback = [variable('CACHE_FALLBACK_KEY', 'main-protected')]
      expect(await run(cached('x', 'test ! -e kept', {}, fallback))).toMatchObject({ state: 'success' })
      expect(server.log()).toContain("may not end in '-protected'")
    })

    it('within a bound, of which the one used longest ago goes first', async () => {
      const noise = 'head -c 40000 /dev/urandom > kept'
      const more = { cacheFolder: join(top, 'small'), cacheLimitBytes: 100_000 }
      for (const key of ['first', 'second']) await run(cached(key, noise), more)
      await run(cached('first', 'test -e kept', { policy: 'pull' }), more)
      await run(cached('third', noise), more)
      expect(await run(cached('second', 'test ! -e kept', { policy: 'pull' }), more)).toMatchObject({
        state: 'success',
      })
      expect(await run(cached('first', 'test -e kept', { policy: 'pull' }), more)).toMatchObject({
        state: 'success',
      })
      await run(cached('huge', 'head -c 200000 /dev/urandom > kept'), more)
      expect(server.log()).toContain('the cache is not kept')
    })

    it('that are damaged as if there were none', async () => {
      const folder = join(top, 'damaged')
      await run(cached('d', 'echo x > kept'), { cacheFolder: folder })
      const [archivePath = ''] = readdirSync(join(folder, 'project-20'))
      writeFileSync(join(folder, 'project-20', archivePath), 'no archive')
      const again = cached('d', 'test ! -e kept', { policy: 'pull' }, [
        variable('RESTORE_CACHE_ATTEMPTS', '2'),
      ])
      expect(await run(again, { cacheFolder: folder })).toMatchObject({ state: 'success' })
      expect(server.log().match(/Failed to extract cache/g)).toHaveLength(2)
    })
  })

  it('a hundred in a row leave no process, descriptor or file', async () => {
    const descriptors = (): number => readdirSync('/proc/self/fd').length
    const before = descriptors()
    const jobs = Array.from({ length: 100 }, () => payload({ variables: [variable('GIT_STRATEGY', 'none')] }))
    server.jobs.push(...jobs)
    const outcomes = await runnerOf({ jobs: 2 }).runUntil(() => true, new AbortController().signal)
    expect(outcomes.filter(({ state }) => state === 'success')).toHaveLength(100)
    expect(readdirSync(join(top, 'work')).filter((name) => name.startsWith('job-'))).toEqual([])
    expect(children()).toEqual([])
    expect(descriptors()).toBeLessThan(before + 20)
  }, 120_000)
})

/** The commands of this process's children that work for jobs. */
function children(): readonly string[] {
  const numbers = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ')
  return numbers
    .filter((number) => number !== '')
    .map((number) => readFileSync(`/proc/${number}/cmdline`, 'utf8'))
    .filter((command) => command.includes('script.sh'))
}

async function names(bytes: Uint8Array | undefined): Promise<readonly string[]> {
  const file = join(mkdtempSync(join(tmpdir(), 'ws-names-')), 'a.zip')
  writeFileSync(file, bytes ?? '')
  const zip = await openPromise(file)
  const found: string[] = []
  for await (const entry of zip.eachEntry()) found.push(entry.fileName)
  rmSync(join(file, '..'), { recursive: true })
  return found
}
