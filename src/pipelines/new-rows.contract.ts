import type { PlannedJob } from '../ciconfig/index.ts'
import type { JobRecord, NewJob, NewPipeline, Snapshot } from './store.ts'

const PLAN: PlannedJob = {
  name: 'build',
  stage: 'build',
  image: { name: 'python:3.12', entrypoint: null, pull_policy: [], docker: {} },
  services: [],
  before_script: [],
  script: ['echo "ünïcode\n"'],
  after_script: [],
  variables: { A: 'a' },
  yaml_variables: [{ key: 'A', value: 'a', isRaw: true }],
  when: 'on_success',
  allow_failure: false,
  artifacts: null,
  cache: [],
  id_tokens: { T: { aud: ['x', 'y'] } },
  needs: null,
  dependencies: null,
  start_in: null,
  rules_matched: 0,
  tags: [],
  parallel: { index: 1, total: 2 },
  environment: null,
  retry: null,
  timeout: null,
  coverage: null,
  interruptible: null,
  resource_group: null,
  release: null,
  trigger: null,
  secrets: null,
  hooks: null,
  pages: null,
  run: null,
  inherit: { default: true, variables: ['A'] },
}

export function newPipeline(names: readonly string[], projectId = 20): NewPipeline {
  return {
    state: 'pending',
    createdAtMs: 1_000,
    startedAtMs: null,
    finishedAtMs: null,
    origin: {
      project: {
        id: projectId,
        path: 'group/project',
        name: 'project',
        namespaceId: 7,
        namespacePath: 'group',
        visibility: 'private',
        defaultBranch: 'main',
      },
      user: { id: 1, login: 'ada', email: 'ada@example.com', accessLevel: 'owner' },
      commit: { repositoryUrl: '/srv/project', sha: 'a'.repeat(40), ref: 'main', refType: 'branch' },
      source: 'push',
      configPath: '.gitlab-ci.yml',
      stages: ['.pre', 'build', '.post'],
      projectVariables: [],
      pipelineVariables: [],
    },
    tally: names.length === 0 ? {} : { '1:pending': names.length },
    jobs: names.map((name) => newJob(name)),
  }
}

export function newJob(name: string, tags: readonly string[] = []): NewJob {
  return {
    stageIndex: 1,
    plan: { ...PLAN, name },
    tags,
    state: 'pending',
    isRetried: false,
    user: null,
    variables: [],
    dotenv: [],
    resourceKey: null,
    createdAtMs: 1_000,
    scheduledAtMs: null,
    queuedAtMs: 1_000,
    startedAtMs: null,
    finishedAtMs: null,
    timeoutSeconds: null,
    cancelsGracefully: false,
    deadlineMs: null,
    failureReason: null,
    exitCode: null,
    tokenHash: null,
    runnerId: null,
  }
}

/** Changes the job of that name. */
export function changing(name: string, change: Partial<JobRecord>): (now: Snapshot) => Snapshot {
  return ({ pipeline, jobs }) => ({
    pipeline,
    jobs: jobs.map((job) => (job.plan.name === name ? { ...job, ...change } : job)),
  })
}
