import { describe, expect, it } from 'vitest'
import { jobEnvironment } from './host-environment.ts'
import { jobFolders } from './folders.ts'
import { parseJob } from './job.ts'
import { expand, resolveVariables, tooLargeForEnvironment } from './variables.ts'

const variable = (key: string, value: string, flags: { raw?: boolean; file?: boolean } = {}) => ({
  key,
  value,
  masked: false,
  raw: false,
  file: false,
  ...flags,
})

describe('expanding the variables of a job', () => {
  it.each([
    ['$A/x', '1/x'],
    ['${A}x', '1x'],
    ['$Ax', ''],
    ['a$', 'a$'],
    ['$$A', '$A'],
    ['$B', '$A'],
    ['$(date)', '$(date)'],
  ])('writes %s as %s', (text, expected) => {
    const values = new Map([
      ['A', '1'],
      ['B', '$A'],
    ])
    expect(expand(text, values)).toBe(expected)
  })

  it('leaves raw and file variables alone and lets the later of two win', () => {
    const { values, files } = resolveVariables({
      job: [
        variable('X', 'old'),
        variable('RAW', '$CI_PROJECT_DIR', { raw: true }),
        variable('PEM', 'a $X', { file: true }),
        variable('X', '$CI_PROJECT_DIR/new'),
        variable('Y', '$PEM'),
      ],
      runner: { CI_PROJECT_DIR: '/p' },
      fileFolder: '/p.tmp',
    })
    expect(Object.fromEntries(values)).toEqual({
      X: '/p/new',
      RAW: '$CI_PROJECT_DIR',
      PEM: '/p.tmp/PEM',
      Y: '/p.tmp/PEM',
      CI_PROJECT_DIR: '/p',
    })
    expect(files).toEqual([{ name: 'PEM', content: 'a $X' }])
  })

  it.each(['../evil', 'a b', '1A', '', 'A-B', 'A=B'])(
    'leaves out a variable named %j and says so',
    (name) => {
      const { values, files, warnings } = resolveVariables({
        job: [variable(name, 'secret-value', { file: true })],
        runner: {},
        fileFolder: '/p.tmp',
      })
      expect([values.size, files.length, warnings.length]).toEqual([0, 0, 1])
      expect(warnings[0]).not.toContain('secret-value')
    },
  )

  it('does not let a job name the folders that only the runner knows', () => {
    const job = [variable('CI_PROJECT_DIR', '/etc')]
    const { values } = resolveVariables({ job, runner: { CI_PROJECT_DIR: '/p' }, fileFolder: '/p.tmp' })
    expect(values.get('CI_PROJECT_DIR')).toBe('/p')
  })

  it('names the variable that no process could be given', () => {
    expect(tooLargeForEnvironment({ A: 'x'.repeat(131_070), B: 'x' })).toBe('A')
    expect(tooLargeForEnvironment({ A: 'x'.repeat(131_069) })).toBeUndefined()
  })
})

const minimal = {
  id: 7,
  token: 't',
  job_info: { name: 'n', stage: 's', project_id: 3, project_full_path: 'group/sub/project' },
  git_info: { repo_url: '/r', sha: 'a'.repeat(40) },
  runner_info: { timeout: 60 },
}

describe('the folders and the environment of a job', () => {
  it('are named by the path of the project', () => {
    expect(jobFolders('/w', parseJob(JSON.stringify(minimal))).project).toBe(
      '/w/job-7/builds/group/sub/project',
    )
  })

  it.each(['../../etc', '/abs', 'a//b', 'a/./b', '-x/y', 'a/b\\c', ''])(
    'are named by its number for the path %j',
    (path) => {
      const job = parseJob(
        JSON.stringify({ ...minimal, job_info: { ...minimal.job_info, project_full_path: path } }),
      )
      expect(jobFolders('/w', job).project).toBe('/w/job-7/builds/project-3')
    },
  )

  it('hold of the host an allow-list, and spare this machine the proxy', () => {
    const folders = jobFolders('/w', parseJob(JSON.stringify(minimal)))
    const host = {
      PATH: '/bin',
      AWS_SECRET: 'x',
      https_proxy: 'http://proxy:1',
      NO_PROXY: 'corp',
      SSL_CERT_FILE: '/ca',
    }
    const env = jobEnvironment({
      host,
      folders,
      variables: new Map([['V', '1']]),
      path: ['/venv/bin'],
      more: {},
    })
    expect(env).toEqual({
      PATH: '/venv/bin:/bin',
      HOME: '/w/job-7/home',
      TMPDIR: '/w/job-7/tmp',
      https_proxy: 'http://proxy:1',
      no_proxy: 'corp,127.0.0.1,localhost',
      NO_PROXY: 'corp,127.0.0.1,localhost',
      SSL_CERT_FILE: '/ca',
      V: '1',
    })
  })
})

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
