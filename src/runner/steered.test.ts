import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { WheelsealError, type Clock, type Http } from '../base/index.ts'
import { systemClock } from '../host/index.ts'
import { step, variable } from './arrange.contract.ts'
import type { RunnerOptions } from './index.ts'
import { startJobBench, type JobBench } from './job-bench.contract.ts'
import { fetchHttp, type FakeServer } from './api/runner-api.contract.ts'

/** What the variables and keywords of a job ask of the runner. */
describe('a job', () => {
  let bench: JobBench
  let server: FakeServer
  let top: string
  beforeAll(async () => {
    bench = await startJobBench()
    ;({ server, top } = bench)
  })
  beforeEach(() => server.reset())
  afterAll(() => bench.close())

  const payload: JobBench['payload'] = (changes) => bench.payload(changes)
  const runnerOf: JobBench['runnerOf'] = (more) => bench.runnerOf(more)
  const run: JobBench['run'] = (changes, more) => bench.run(changes, more)
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
        [bench.lastJob - 2, bench.lastJob - 1, bench.lastJob].map((id) => [id, 'success']),
      )
      expect(server.log(bench.lastJob - 2)).toContain('\nnumber 0\n')
      expect(server.log(bench.lastJob - 1)).toContain('\nnumber 1\n')
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
    const folded = String.raw`section_start:\d+:script_script_0\[hide_duration=true,collapsed=true\]\r`
    const command = String.raw`\u001B\[0K\u001B\[32;1m\$ echo one\necho two`
    expect(server.log()).toMatch(new RegExp(folded + command))
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
