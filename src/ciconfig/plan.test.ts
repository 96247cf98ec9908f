import { describe, expect, it } from 'vitest'
import { START } from './arrange.ts'
import { applyDefaults, type Job } from './defaults.ts'
import { buildPlan, type KnownVariables } from './plan.ts'
import { createReport, formatProblem, type Position } from './report.ts'
import { selectJobs } from './rules.ts'

const NONE: KnownVariables = { predefined: [], project: [], pipeline: [] }
const elsewhere: Position = { file: 'other.yml', line: 7, column: 1 }

function planned(
  jobs: readonly Partial<Job>[],
  more: { known?: Partial<KnownVariables>; top?: Job['variables'] } = {},
) {
  const report = createReport()
  const [plain] = applyDefaults([{ name: 'job', at: START, keywords: { script: ['a'] } }], {})
  if (plain === undefined) throw new Error('no job')
  const selected = selectJobs(
    jobs.map((job) => ({ ...plain, ...job })),
    { report, at: START },
  )
  const stages = ['.pre', 'build', 'test', '.post']
  const pipeline = { stages, variables: more.top ?? [], variablesAt: START, jobs: selected }
  const plan = buildPlan(pipeline, { variables: { ...NONE, ...more.known }, report })
  return { plan, problems: report.problems.map(formatProblem) }
}

describe('the plan of jobs', () => {
  it('is by stage, and in a stage as the file has them', () => {
    const { plan } = planned([
      { name: 'z', stage: 'test' },
      { name: 'last', stage: '.post' },
      { name: 'b', stage: 'build' },
      { name: 'a', stage: 'test' },
      { name: 'first', stage: '.pre' },
      { name: 'c', stage: 'build' },
    ])
    expect(plan.jobs.map((job) => job.name)).toEqual(['first', 'b', 'c', 'z', 'a', 'last'])
  })

  it('has no places in it: it is kept and printed', () => {
    expect(JSON.stringify(planned([{}]).plan)).not.toContain('"line"')
  })

  it('expands a variable by the job, the top level, the project and the pipeline, the later over the earlier', () => {
    const top = [
      { key: 'A', value: 'top' },
      { key: 'ALL', value: '$A-$B-$C-$D' },
      { key: 'D', value: 'top' },
    ]
    const known = {
      predefined: ['A', 'B', 'C', 'D'].map((key) => ({ key, value: 'predefined' })),
      project: [{ key: 'C', value: 'project' }],
      pipeline: [{ key: 'D', value: 'pipeline' }],
    }
    const { plan } = planned([{ variables: [{ key: 'B', value: 'job' }] }], { top, known })
    expect(plan.jobs[0]?.variables['ALL']).toBe('top-job-project-pipeline')
    expect(plan.variables['ALL']).toBe('top-predefined-project-pipeline')
  })

  it('names the job, and the file of it, whose variables go in a circle', () => {
    const variables = [
      { key: 'A', value: '$B' },
      { key: 'B', value: '$A' },
    ]
    expect(planned([{ variables, at: elsewhere }]).problems).toEqual([
      'other.yml:7:1: job "job": variables refer to each other in a circle: A → B → A',
    ])
  })
})
