import { describe, expect, it } from 'vitest'
import { arrange, pipelineRequest, runAll, statesOf } from './arrange.contract.ts'

/** Build, test and deploy, each with more keys. */
const three = (build: string, test: string, deploy: string): string =>
  `build: { stage: build, script: e${build} }\ntest: { stage: test, script: e${test} }\ndeploy: { stage: deploy, script: e${deploy} }\n`

interface Case {
  readonly what: string
  readonly text: string
  readonly outcomes?: Readonly<Record<string, string>>
  readonly wanted: string
}

const BUILD = { build: 'script_failure' }

/** What GitLab's own cases of pipeline processing say, in files of our own (gitlab-surface 4.4). */
const CASES: readonly Case[] = [
  {
    what: 'a need that succeeds lets its job begin',
    text: three('', ', needs: [build]', ', needs: [test]'),
    wanted: 'build success, test success, deploy success, = success',
  },
  {
    what: 'a need that fails skips its job, and what needs that',
    text: three('', ', needs: [build]', ', needs: [test]'),
    outcomes: BUILD,
    wanted: 'build failed, test skipped, deploy skipped, = failed',
  },
  {
    what: 'always runs even after a need that was skipped',
    text: three('', ', needs: [build]', ', needs: [test], when: always'),
    outcomes: BUILD,
    wanted: 'build failed, test skipped, deploy success, = failed',
  },
  {
    what: 'on_failure runs after a need that failed, and its own need is then there',
    text: three('', ', needs: [build], when: on_failure', ', needs: [test]'),
    outcomes: BUILD,
    wanted: 'build failed, test success, deploy success, = failed',
  },
  {
    what: 'on_failure is skipped where nothing failed',
    text: three('', ', when: on_failure', ''),
    wanted: 'build success, test skipped, deploy success, = success',
  },
  {
    what: 'a need that may fail counts as a success',
    text: three(', allow_failure: true', ', needs: [build]', ''),
    outcomes: BUILD,
    wanted: 'build failed, test success, deploy success, = success',
  },
  {
    what: 'on_failure does not run after a failure that is allowed',
    text: three(', allow_failure: true', ', when: on_failure', ''),
    outcomes: BUILD,
    wanted: 'build failed, test skipped, deploy success, = success',
  },
  {
    what: 'needs: [] begins at once, whatever fails before its stage',
    text: three('', '', ', needs: []'),
    outcomes: BUILD,
    wanted: 'build failed, test skipped, deploy success, = failed',
  },
  {
    what: 'on_failure with needs: [] is skipped, since nothing has failed',
    text: three('', '', ', needs: [], when: on_failure'),
    outcomes: BUILD,
    wanted: 'build failed, test skipped, deploy skipped, = failed',
  },
  {
    what: 'a manual job blocks what follows where it may not fail',
    text: three('', ', when: manual, allow_failure: false', ''),
    wanted: 'build success, test manual, deploy created, = manual',
  },
  {
    what: 'a manual job of its own is passed by',
    text: three('', ', when: manual', ''),
    wanted: 'build success, test manual, deploy success, = success',
  },
  {
    what: 'a manual job that nobody plays skips what needs it',
    text: three('', ', when: manual', ', needs: [test]'),
    wanted: 'build success, test manual, deploy skipped, = success',
  },
  {
    what: 'a blocking manual job holds what needs it',
    text: three('', ', when: manual, allow_failure: false', ', needs: [test]'),
    wanted: 'build success, test manual, deploy created, = manual',
  },
  {
    what: 'a manual job after a failure is skipped',
    text: three('', ', when: manual', ''),
    outcomes: BUILD,
    wanted: 'build failed, test skipped, deploy skipped, = failed',
  },
  {
    what: 'a job that was cancelled skips what follows, also always and on_failure',
    text: three('', ', when: always', ', when: on_failure'),
    outcomes: { build: 'canceled' },
    wanted: 'build canceled, test skipped, deploy skipped, = canceled',
  },
  {
    what: 'a cancelled job that may fail holds nobody up',
    text: three(', allow_failure: true', '', ', when: on_failure'),
    outcomes: { build: 'canceled' },
    wanted: 'build canceled, test success, deploy skipped, = success',
  },
  {
    what: 'needs within a stage are waited for',
    text: 'b: { script: e, needs: [a] }\na: { script: e }\nc: { script: e, needs: [b] }\n',
    outcomes: { a: 'script_failure' },
    wanted: 'b skipped, a failed, c skipped, = failed',
  },
  {
    what: 'an optional need that is not there is not waited for',
    text: 'a: { script: e, rules: [{ if: $NO }] }\nb: { script: e, needs: [{ job: a, optional: true }] }\n',
    wanted: 'b success, = success',
  },
  {
    what: 'one job of a matrix is enough where only that is needed',
    text: `m: { stage: build, script: e, parallel: { matrix: [{ A: [x, y] }] } }
n: { script: e, needs: [{ job: m, parallel: { matrix: [{ A: [y] }] } }] }\n`,
    outcomes: { 'm: [x]': 'script_failure' },
    wanted: 'm: [x] failed, m: [y] success, n success, = failed',
  },
  {
    what: 'a pipeline in which only manual jobs are left has run nothing',
    text: 'a: { script: e, when: manual }\n',
    wanted: 'a manual, = skipped',
  },
  {
    what: 'a failure of a stage after a blocking manual job is not reached',
    text: 'a: { stage: build, script: e, when: manual, allow_failure: false }\nb: { script: e, needs: [] }\n',
    outcomes: { b: 'script_failure' },
    wanted: 'a manual, b failed, = manual',
  },
]

describe('the outcome of a pipeline', () => {
  it.each(CASES)('$what', async ({ text, outcomes = {}, wanted }) => {
    const arranged = await arrange()
    await arranged.pipelines.create(pipelineRequest(text))
    await runAll(arranged, outcomes)
    expect(await statesOf(arranged)).toBe(wanted)
  })

  it('begins a job when its needs have ended, not when their stage has', async () => {
    const arranged = await arrange()
    const text = `a: { stage: build, script: e }\nslow: { stage: build, script: e }
b: { script: e, needs: [a] }\nc: { script: e }\n`
    await arranged.pipelines.create(pipelineRequest(text))
    const a = await arranged.take()
    await arranged.take()
    expect(await arranged.request()).toBeUndefined()
    await arranged.pipelines.updateJob({ jobId: a.id, token: a.token }, { state: 'success' })
    expect((await arranged.take())['job_info']).toMatchObject({ name: 'b' })
    expect(await statesOf(arranged)).toBe('a success, slow running, b running, c created, = running')
  })

  it('begins always only when all its needs have ended, though one of them was skipped', async () => {
    const arranged = await arrange()
    const text = `a: { stage: build, script: e }\nslow: { stage: build, script: e }
b: { script: e, needs: [a] }\nc: { stage: deploy, script: e, needs: [b, slow], when: always }\n`
    await arranged.pipelines.create(pipelineRequest(text))
    const a = await arranged.take()
    const slow = await arranged.take()
    await arranged.pipelines.updateJob({ jobId: a.id, token: a.token }, { state: 'failed' })
    expect(await statesOf(arranged)).toBe('a failed, slow running, b skipped, c created, = running')
    await arranged.pipelines.updateJob({ jobId: slow.id, token: slow.token }, { state: 'success' })
    expect(await runAll(arranged)).toEqual(['c'])
  })

  it('cancels the others when one fails and the file says so', async () => {
    const arranged = await arrange()
    const text = `workflow: { auto_cancel: { on_job_failure: all } }
a: { stage: build, script: e }\nb: { stage: build, script: e }\nc: { script: e, when: always }\n`
    await arranged.pipelines.create(pipelineRequest(text))
    const a = await arranged.take()
    await arranged.take()
    await arranged.pipelines.updateJob({ jobId: a.id, token: a.token }, { state: 'failed' })
    expect(await statesOf(arranged)).toBe('a failed, b canceled, c canceled, = failed')
    expect(arranged.liveTokens.size).toBe(0)
  })
})
