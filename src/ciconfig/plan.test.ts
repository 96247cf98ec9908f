import { describe, expect, it } from 'vitest'
import { pushSurroundings, singleJob, START } from './arrange.ts'
import { linkNeeds } from './needs.ts'
import type { SingleJob } from './parallel.ts'
import { buildPlan } from './plan.ts'
import { createReport, formatProblem, type Position } from './report.ts'
import { selectJobs } from './rules/select.ts'
import type { KnownVariables } from './variables.ts'

const elsewhere: Position = { file: 'other.yml', line: 7, column: 1 }
const WORKFLOW = { isRun: true, variables: [], name: null, auto_cancel: null, steps: [] }

async function planned(
  jobs: readonly Partial<SingleJob>[],
  more: { known?: Partial<KnownVariables>; top?: SingleJob['variables'] } = {},
) {
  const report = createReport()
  const surroundings = pushSurroundings(report, more.known)
  const all = jobs.map((job) => singleJob(job))
  const top = more.top ?? []
  const { jobs: selected } = await selectJobs(all, { surroundings, shared: top, hasWorkflowRules: false })
  const stages = ['.pre', 'build', 'test', '.post']
  const linked = linkNeeds(selected, { all, stages, report })
  const pipeline = { stages, variables: top, variablesAt: START, workflow: WORKFLOW, jobs: linked }
  const plan = buildPlan(pipeline, { surroundings, report })
  return { plan, problems: report.problems.map(formatProblem) }
}

describe('the plan of jobs', () => {
  it('is by stage, and in a stage as the file has them', async () => {
    const { plan } = await planned([
      { name: 'z', stage: 'test' },
      { name: 'last', stage: '.post' },
      { name: 'b', stage: 'build' },
      { name: 'a', stage: 'test' },
      { name: 'first', stage: '.pre' },
      { name: 'c', stage: 'build' },
    ])
    expect(plan.jobs.map((job) => job.name)).toEqual(['first', 'b', 'c', 'z', 'a', 'last'])
  })

  it('has no places in it: it is kept and printed', async () => {
    expect(JSON.stringify((await planned([{}])).plan)).not.toContain('"line"')
  })

  it('expands a variable by the job, the top level, the project and the pipeline, the later over the earlier', async () => {
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
    const { plan } = await planned([{ variables: [{ key: 'B', value: 'job' }] }], { top, known })
    expect(plan.jobs[0]?.variables['ALL']).toBe('top-job-project-pipeline')
    expect(plan.variables['ALL']).toBe('top-predefined-project-pipeline')
  })

  it('names the job, and the file of it, whose variables go in a circle', async () => {
    const variables = [
      { key: 'A', value: '$B' },
      { key: 'B', value: '$A' },
    ]
    expect((await planned([{ variables, at: elsewhere }])).problems).toEqual([
      'other.yml:7:1: job "job": variables refer to each other in a circle: A → B → A',
    ])
  })
})
