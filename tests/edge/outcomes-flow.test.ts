import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { jobNamed, startOutcomeBench, type OutcomeBench } from '../support/outcomes.ts'

/**
 * When jobs run and how pipelines end, from a file to processes and back, against what GitLab documents. The tests run
 * beside each other, as pipelines of one server and its runners.
 */
let bench: OutcomeBench
beforeAll(async () => {
  bench = await startOutcomeBench()
})
afterAll(() => bench.close())

/** A file that a job waits for, or leaves. */
const mark = (name: string): string => join(bench.folder, `mark-${name}`)
const touch = (name: string): Promise<void> => writeFile(mark(name), '')
const waitFor = (name: string): string => `until [ -e ${mark(name)} ]; do sleep 0.03; done`

describe.concurrent('a pipeline', { timeout: 120_000 }, () => {
  it('runs beside one of another project, each with what is its own', async () => {
    const meet = (mine: string, theirs: string): string => `
work:
  script:
    - touch ${mark(mine)}
    - ${waitFor(theirs)}
    - echo "say $CI_PROJECT_PATH $CI_PIPELINE_ID $MINE"
`
    const variables = (value: string) => [{ key: 'MINE', value }]
    const project = await bench.project('acme/second')
    const [one, two] = await Promise.all([
      bench.run(meet('one', 'two'), { variables: variables('of one') }),
      bench.run(meet('two', 'one'), { project, variables: variables('of two') }),
    ])
    expect(await one.said('work')).toEqual([`acme/first ${one.view.id} of one`])
    expect(await two.said('work')).toEqual([`acme/second ${two.view.id} of two`])
  })

  it('whose job failed skips later stages, but for jobs on failure and always', async () => {
    const { state, jobs } = await bench.run(`
stages: [a, b, c]
fails: { stage: a, script: [exit 3] }
beside: { stage: a, script: ["true"] }
next: { stage: b, script: ["true"] }
rescue: { stage: b, script: ["true"], when: on_failure }
report: { stage: c, script: ["true"], when: always }
`)
    expect(state).toBe('failed')
    expect(jobs).toEqual({
      fails: 'failed',
      beside: 'success',
      next: 'skipped',
      rescue: 'success',
      report: 'success',
    })
  })

  it('goes on after exit codes that are allowed, and after no others', async () => {
    const file = (code: number): string => `
stages: [a, b]
fails: { stage: a, script: [exit ${code}], allow_failure: { exit_codes: [42, 43] } }
next: { stage: b, script: ["true"] }
`
    const [allowed, other] = await Promise.all([bench.run(file(43)), bench.run(file(44))])
    expect([allowed.state, allowed.jobs]).toEqual(['success', { fails: 'failed', next: 'success' }])
    expect([other.state, other.jobs]).toEqual(['failed', { fails: 'failed', next: 'skipped' }])
    expect(jobNamed(other.view, 'fails')).toMatchObject({ failureReason: 'script_failure', exitCode: 44 })
  })

  it('tries a job again as `retry` says, for the reasons that it names', async () => {
    const count = `n=$(cat ${mark('tries')} 2>/dev/null || echo 0); echo $((n + 1)) > ${mark('tries')}`
    const { state, view } = await bench.run(`
flaky:
  retry: { max: 2, when: script_failure }
  script: ['${count}', '[ "$n" = 2 ]']
`)
    expect(state).toBe('success')
    expect(view.jobs.map(({ state: one, isRetried }) => [one, isRetried])).toEqual([
      ['failed', true],
      ['failed', true],
      ['success', false],
    ])
    const other = await bench.run('a: { retry: { max: 2, when: runner_system_failure }, script: [exit 1] }')
    expect(other.view.jobs.map((job) => job.state)).toEqual(['failed'])
    const code = await bench.run('a: { retry: { max: 1, exit_codes: [7] }, script: [exit 7] }')
    expect(code.view.jobs.map((job) => job.state)).toEqual(['failed', 'failed'])
  })

  it('goes on where a person retries its failed job', async () => {
    const before = await bench.run(`
stages: [a, b]
made: { stage: a, script: [echo kept > kept], artifacts: { paths: [kept] } }
fails:
  stage: a
  script: ["[ -e ${mark('mended')} ]", echo new > new]
  artifacts: { paths: [new] }
next: { stage: b, script: ['echo "say $(cat kept new)"'] }
`)
    expect(before.jobs).toEqual({ made: 'success', fails: 'failed', next: 'skipped' })
    await touch('mended')
    const old = jobNamed(before.view, 'fails')
    const made = await bench.server.services.pipelines.retryJob(old.id, { user: bench.user })
    expect(made.id).toBeGreaterThan(old.id)
    const after = await bench.ended(before.view.id)
    expect(after.state).toBe('success')
    expect(after.jobs).toEqual({ made: 'success', fails: 'success', next: 'success' })
    expect(await bench.log(jobNamed(after.view, 'next').id)).toMatch(/^say kept\r?\nnew/m)
    expect(after.view.jobs.find(({ id }) => id === old.id)).toMatchObject({
      state: 'failed',
      isRetried: true,
    })
  })

  it('that is cancelled runs after_script where a script runs, and nothing after it', async () => {
    const { id } = await bench.start(`
stages: [a, b]
long:
  stage: a
  script: ['touch ${mark('long')}', sleep 600]
  after_script: ['echo "say $CI_JOB_STATUS"']
  artifacts: { paths: [hello.txt] }
next: { stage: b, script: ["true"], when: always }
`)
    await bench.until(id, ({ jobs }) => jobs.some(({ state }) => state === 'running'))
    await waitUntilThere(mark('long'))
    const canceled = await bench.server.services.pipelines.cancel(id)
    expect(jobNamed(canceled, 'long').state).toBe('canceling')
    const { state, jobs, said, view } = await bench.ended(id)
    expect([state, jobs]).toEqual(['canceled', { long: 'canceled', next: 'canceled' }])
    expect(await said('long')).toEqual(['canceled'])
    const { pipelines } = bench.server.services
    expect(await pipelines.listArtifacts(jobNamed(view, 'long').id)).toEqual([])
  })

  it('succeeds without a manual job that may be left out, and with it when a person plays it', async () => {
    const { state, jobs, view } = await bench.run(`
stages: [a, b]
deploy: { stage: a, script: ['echo "say $CI_JOB_MANUAL $WHERE"'], when: manual }
next: { stage: b, script: ["true"] }
`)
    expect([state, jobs]).toEqual(['success', { deploy: 'manual', next: 'success' }])
    const variables = [{ key: 'WHERE', value: 'there' }]
    const { id } = jobNamed(view, 'deploy')
    await bench.server.services.pipelines.playJob(id, { user: bench.user, variables })
    const after = await bench.ended(view.id)
    expect([after.state, after.jobs]).toEqual(['success', { deploy: 'success', next: 'success' }])
    expect(await after.said('deploy')).toEqual(['true there'])
  })

  it('waits for a manual job of its rules, or without allow_failure, until a person plays it', async () => {
    const { state, jobs, view } = await bench.run(`
stages: [a, b]
ask: { stage: a, script: ["true"], rules: [{ when: manual }] }
next: { stage: b, script: ["true"] }
`)
    expect([state, jobs]).toEqual(['manual', { ask: 'manual', next: 'created' }])
    await bench.server.services.pipelines.playJob(jobNamed(view, 'ask').id, { user: bench.user })
    const after = await bench.ended(view.id)
    expect([after.state, after.jobs]).toEqual(['success', { ask: 'success', next: 'success' }])
  })

  it('waits for a delayed job, and for no other of its stage', async () => {
    const { id } = await bench.start(`
stages: [a, b]
later: { stage: a, script: [echo say late], when: delayed, start_in: 8 seconds }
now: { stage: a, script: ["true"] }
next: { stage: b, script: ["true"] }
`)
    const waiting = await bench.until(id, (view) => jobNamed(view, 'now').state === 'success')
    expect(waiting.state).toBe('scheduled')
    expect([jobNamed(waiting, 'later').state, jobNamed(waiting, 'next').state]).toEqual([
      'scheduled',
      'created',
    ])
    const { state, view } = await bench.ended(id)
    expect(state).toBe('success')
    const { startedAtMs, createdAtMs } = jobNamed(view, 'later')
    expect((startedAtMs ?? 0) - createdAtMs).toBeGreaterThanOrEqual(8_000)
    expect(jobNamed(view, 'next').startedAtMs).toBeGreaterThanOrEqual(startedAtMs ?? Infinity)
  })

  it('takes no notice of an after_script that fails, which has a shell of its own', async () => {
    const { state, jobs, said } = await bench.run(`
good:
  script: [export SECRET_OF_THE_SCRIPT=yes, cd /]
  after_script: ['echo "say $CI_JOB_STATUS \${SECRET_OF_THE_SCRIPT:-no} $(ls hello.txt)"', exit 5, echo say never]
bad:
  allow_failure: true
  script: [exit 1]
  after_script: ['echo "say $CI_JOB_STATUS"']
`)
    expect([state, jobs]).toEqual(['success', { good: 'success', bad: 'failed' }])
    expect([await said('good'), await said('bad')]).toEqual([['success no hello.txt'], ['failed']])
  })

  it('fails where a job takes longer than its timeout, without its after_script', async () => {
    const { state, view, said } = await bench.run(`
slow:
  timeout: 1 second
  script: [sleep 600]
  after_script: [echo say never]
`)
    expect(state).toBe('failed')
    expect(jobNamed(view, 'slow').failureReason).toBe('job_execution_timeout')
    expect(await said('slow')).toEqual([])
  })

  it('has one job for each of a matrix, of which another may need one', async () => {
    const { id } = await bench.start(
      `
stages: [a, b]
build:
  stage: a
  parallel: { matrix: [{ OS: [one, two], ARCH: x }] }
  script: ['[ $OS = one ] || { ${waitFor('two')}; }', 'echo $OS > of-$OS', 'echo "say $CI_NODE_INDEX/$CI_NODE_TOTAL"']
  artifacts: { paths: [of-*] }
some:
  stage: b
  needs: [{ job: build, parallel: { matrix: [{ OS: one, ARCH: x }] } }]
  script: ['echo "say $(ls of-*)"']
all: { stage: b, script: ['echo "say $(ls of-* | tr "\\n" " ")"'] }
`.replaceAll('mark-two', 'mark-matrix'),
    )
    const early = await bench.until(id, (view) => jobNamed(view, 'some').state === 'success')
    expect(jobNamed(early, 'build: [two, x]').state).toBe('running')
    expect(jobNamed(early, 'all').state).toBe('created')
    await touch('matrix')
    const { state, said } = await bench.ended(id)
    expect(state).toBe('success')
    expect(await Promise.all(['build: [one, x]', 'build: [two, x]', 'some', 'all'].map(said))).toEqual([
      ['1/2'],
      ['2/2'],
      ['of-one'],
      ['of-one of-two '],
    ])
  })

  it('runs one job of a resource group at a time, across pipelines', async () => {
    const lock = mark('lock')
    const file = `a: { resource_group: production, script: ['mkdir ${lock}', sleep 0.4, 'rmdir ${lock}'] }`
    const made = await Promise.all([bench.start(file), bench.start(file), bench.start(file)])
    const states = made.map((view) => jobNamed(view, 'a').state).toSorted()
    expect(states.filter((one) => one === 'waiting_for_resource').length).toBeGreaterThan(0)
    const ends = await Promise.all(made.map(({ id }) => bench.until(id, ({ state }) => state === 'success')))
    expect(ends.map(({ state }) => state)).toEqual(['success', 'success', 'success'])
  })

  it('gives a job with tags to a runner that has them all, and to no other', async () => {
    const { id } = await bench.start(`
tagged: { tags: [gpu, big], script: ['echo "say $CI_RUNNER_TAGS"'] }
plain: { script: ["true"] }
`)
    await bench.addRunner(['gpu'])
    const stuck = await bench.until(id, (view) => jobNamed(view, 'plain').state === 'success')
    expect(jobNamed(stuck, 'tagged').state).toBe('pending')
    await bench.addRunner(['big', 'gpu', 'more'])
    const { state, said } = await bench.ended(id)
    expect(state).toBe('success')
    expect(await said('tagged')).toEqual(['["big","gpu","more"]'])
  })

  it('makes way for a newer commit of its branch where its jobs are interruptible', async () => {
    const file = (isInterruptible: boolean, name: string): string =>
      `a: { interruptible: ${isInterruptible}, script: ['touch ${mark(name)}', '${waitFor('release')}'] }`
    const newer = (branch: string) => ({
      branch,
      commit: { ...commitOf(branch), sha: bench.shas[1] },
    })
    const [safe, kept] = await Promise.all([
      bench.start(file(true, 'safe'), { branch: 'safe', commit: commitOf('safe') }),
      bench.start(file(false, 'kept'), { branch: 'kept', commit: commitOf('kept') }),
    ])
    await Promise.all([waitUntilThere(mark('safe')), waitUntilThere(mark('kept'))])
    const next = 'a: { script: ["true"] }'
    await Promise.all([bench.start(next, newer('safe')), bench.start(next, newer('kept'))])
    expect((await bench.ended(safe.id)).state).toBe('canceled')
    expect((await bench.server.services.pipelines.get(kept.id)).state).toBe('running')
    await touch('release')
    expect((await bench.ended(kept.id)).state).toBe('success')
  })
})

function commitOf(ref: string) {
  const repositoryUrl = join(bench.folder, 'repository')
  return { repositoryUrl, sha: bench.shas[0], ref, refType: 'branch' as const }
}

async function waitUntilThere(path: string): Promise<void> {
  for (let turn = 0; !existsSync(path); turn += 1) {
    if (turn > 1_000) throw new Error(`${path} does not come`)
    await wait(15)
  }
}
