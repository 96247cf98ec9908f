import { describe, expect, it } from 'vitest'
import { START } from './arrange.ts'
import { applyDefaults, type Job } from './defaults.ts'
import type { JobContent } from './read/job.ts'
import { createReport, type Report } from './report.ts'
import { selectJobs } from './rules.ts'

const job = (keywords: JobContent['keywords']): readonly Job[] =>
  applyDefaults([{ name: 'job', at: START, keywords: { script: ['a'], ...keywords } }], {})

function selected(jobs: readonly Job[], report: Report = createReport()) {
  return { jobs: selectJobs(jobs, { report, at: START }), report }
}

describe('the jobs of a pipeline', () => {
  it('run on success and may not fail', () => {
    expect(selected(job({})).jobs).toMatchObject([{ name: 'job', when: 'on_success', allow_failure: false }])
  })

  it('run as they say', () => {
    const said = { when: 'always', allow_failure: true } as const
    expect(selected(job(said)).jobs).toMatchObject([said])
  })

  it.each<[string, readonly Job[], string]>([
    ['no jobs', [], 'no job of the file would run, so there is no pipeline'],
    [
      'jobs in .pre and .post only',
      [...job({ stage: '.pre' }), ...job({ stage: '.post' })],
      'only .pre and .post have jobs, so there is no pipeline',
    ],
  ])('with %s are no pipeline', (_, jobs, message) => {
    expect(selected(jobs).report.problems).toEqual([{ ...START, code: 'ciconfig.no-jobs', message }])
  })

  it('are not called none where another problem may be why', () => {
    const report = createReport()
    report.problem(START, 'ciconfig.type', 'is wrong')
    expect(selected([], report).report.problems).toHaveLength(1)
  })
})
