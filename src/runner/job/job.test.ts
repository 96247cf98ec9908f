import { describe, expect, it } from 'vitest'
import { parseJob } from './job.ts'

const minimal = {
  id: 7,
  token: 't',
  job_info: { name: 'n', stage: 's', project_id: 3, project_full_path: 'group/sub/project' },
  git_info: { repo_url: '/r', sha: 'a'.repeat(40) },
  runner_info: { timeout: 60 },
}

describe('a job payload', () => {
  it.each([
    ['id', { id: -1 }],
    ['token', { token: '' }],
    ['git_info.sha', { git_info: { repo_url: '/r', sha: '--upload-pack=x' } }],
    ['runner_info.timeout', { runner_info: { timeout: 0 } }],
    ['variables.0.value', { variables: [{ key: 'A', value: 1 }] }],
    ['steps.0.script.0', { steps: [{ name: 'script', script: [{}] }] }],
    ['artifacts.0.when', { artifacts: [{ when: 'sometimes' }] }],
  ])('is refused by the name of the field: %s', (field, change) => {
    expect(() => parseJob(JSON.stringify({ ...minimal, ...change }))).toThrow(field)
  })

  it('may leave out or null what a job does not have', () => {
    const job = parseJob(
      JSON.stringify({ ...minimal, variables: null, artifacts: null, image: null, unknown: 1 }),
    )
    expect(job).toMatchObject({ variables: [], artifacts: [], steps: [], dependencies: [], cache: [] })
  })
})
