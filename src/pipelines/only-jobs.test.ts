import { describe, expect, it } from 'vitest'
import type { Plan, PlannedJob } from '../ciconfig/index.ts'
import { onlyJobs } from './only-jobs.ts'

function jobOf(name: string, stage: string, more: Partial<PlannedJob> = {}): PlannedJob {
  return { name, stage, needs: null, when: 'on_success', start_in: null, ...more } as PlannedJob
}

const need = (job: string) => ({ job, artifacts: true, optional: false })
const plan = {
  stages: ['build', 'test', 'deploy'],
  jobs: [
    jobOf('build', 'build'),
    jobOf('other', 'build'),
    jobOf('unit', 'test', { needs: [need('build')] }),
    jobOf('lint', 'test', { needs: [] }),
    jobOf('by hand', 'test', { when: 'manual' }),
    jobOf('deploy', 'deploy'),
    jobOf('late', 'deploy', { needs: [need('unit')] }),
  ],
} as unknown as Plan
const names = (...asked: readonly string[]) => onlyJobs(plan, asked).jobs.map(({ name }) => name)

describe('only some jobs', () => {
  it('are those that are named and what they need, through all that those need', () => {
    expect(names('late')).toEqual(['build', 'unit', 'late'])
    expect(names('lint')).toEqual(['lint'])
  })

  it('without needs, are all of earlier stages too, but not what somebody has to start', () => {
    expect(names('deploy')).toEqual(['build', 'other', 'unit', 'lint', 'deploy'])
  })

  it('run by hand where they are named', () => {
    const manual = onlyJobs(plan, ['by hand']).jobs.find(({ name }) => name === 'by hand')
    expect(manual?.when).toBe('on_success')
  })

  it('are all where none is named', () => {
    expect(onlyJobs(plan, [])).toBe(plan)
  })

  it('that the pipeline does not have are named with those that it has', () => {
    expect(() => names('biuld')).toThrow(
      expect.objectContaining({
        code: 'pipelines.job-name',
        message: expect.stringMatching(/'biuld'.*build, other/),
      }),
    )
  })
})
