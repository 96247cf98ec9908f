import { describe, expect, it } from 'vitest'
import { pushSurroundings, singleJob, START } from '../arrange.ts'
import type { SingleJob } from '../parallel.ts'
import { createReport } from '../report.ts'
import { checkNotEmpty, selectJobs } from './select.ts'

async function selected(jobs: readonly SingleJob[], report = createReport()) {
  const surroundings = pushSurroundings(report)
  const made = await selectJobs(jobs, { surroundings, shared: [], hasWorkflowRules: false })
  checkNotEmpty(made, { report, at: START })
  return { ...made, report }
}

describe('the jobs of a pipeline', () => {
  it('run on success and may not fail', async () => {
    const { jobs } = await selected([singleJob()])
    expect(jobs).toMatchObject([
      { name: 'job', when: 'on_success', allow_failure: false, rules_matched: null },
    ])
  })

  it('run as they say; who waits for a person may fail', async () => {
    const said = { when: 'always', allow_failure: true } as const
    expect((await selected([singleJob(said)])).jobs).toMatchObject([said])
    expect((await selected([singleJob({ when: 'manual' })])).jobs).toMatchObject([{ allow_failure: true }])
  })

  it.each<[string, readonly SingleJob[], string]>([
    ['no jobs', [], 'the file has no jobs, so the pipeline would not run'],
    [
      'jobs in .pre and .post only',
      [singleJob({ stage: '.pre' }), singleJob({ stage: '.post' })],
      'only .pre and .post have jobs, so there is no pipeline',
    ],
  ])('with %s are no pipeline', async (_, jobs, message) => {
    expect((await selected(jobs)).report.problems).toEqual([{ ...START, code: 'ciconfig.no-jobs', message }])
  })

  it('are not called none where another problem may be why', async () => {
    const report = createReport()
    report.problem(START, 'ciconfig.type', 'is wrong')
    expect((await selected([], report)).report.problems).toHaveLength(1)
  })
})
