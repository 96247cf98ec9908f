import { describe, expect, it } from 'vitest'
import {
  arrange,
  claim,
  endAs,
  pipelineRequest,
  runAll,
  statesOf,
  type Arranged,
} from './arrange.contract.ts'
import type { JobPayload } from './index.ts'

const BOB = { id: 2, login: 'bob', email: 'bob@example.com', name: 'Bob', accessLevel: 'developer' }
const BY_BOB = { user: BOB }

async function started(text: string, more: Parameters<typeof arrange>[0] = {}): Promise<Arranged> {
  const arranged = await arrange(more)
  await arranged.pipelines.create(pipelineRequest(text))
  return arranged
}

function valueOf(payload: JobPayload, key: string): unknown {
  const variables = payload['variables'] as readonly { readonly key: string; readonly value: string }[]
  return variables.find((variable) => variable.key === key)?.value
}

describe('a retried job', () => {
  it('is a new job, and what was skipped because of the old one runs after it', async () => {
    const arranged = await started(
      `a: { stage: build, script: e }\nb: { script: e }\nc: { script: e, needs: [b] }\n`,
    )
    await runAll(arranged, { a: 'script_failure' })
    expect(await statesOf(arranged)).toBe('a failed, b skipped, c skipped, = failed')
    const again = await arranged.pipelines.retryJob(1, BY_BOB)
    expect(again).toMatchObject({ id: 4, name: 'a', state: 'pending', user: BOB })
    expect(await arranged.pipelines.getJob(1)).toMatchObject({ state: 'failed', isRetried: true })
    expect(await statesOf(arranged)).toBe('a pending, b created, c created, = pending')
    expect(await runAll(arranged)).toEqual(['a', 'b', 'c'])
    expect(await statesOf(arranged)).toBe('a success, b success, c success, = success')
  })

  it('runs with the rights of who retried it, which its id tokens say', async () => {
    const arranged = await started(`a: { script: e, id_tokens: { T: { aud: x } } }`)
    await runAll(arranged, { a: 'script_failure' })
    await arranged.pipelines.retryJob(1, BY_BOB)
    const payload = await arranged.take()
    expect(arranged.minted.at(-1)?.subject).toMatchObject({ user: { id: 2, login: 'bob' } })
    expect(valueOf(payload, 'GITLAB_USER_LOGIN')).toBe('bob')
    expect(payload['job_info']).toMatchObject({ user_id: 2 })
  })

  it.each([
    ['one that still runs', async (arranged: Arranged) => void (await arranged.take()), 1],
    [
      'one that was retried already',
      async (arranged: Arranged) => {
        await runAll(arranged, { a: 'script_failure' })
        await arranged.pipelines.retryJob(1, BY_BOB)
      },
      1,
    ],
    [
      'one that was skipped',
      async (arranged: Arranged) => void (await runAll(arranged, { a: 'script_failure' })),
      2,
    ],
  ])('is not %s', async (_, prepare, jobId) => {
    const arranged = await started('a: { stage: build, script: e }\nb: { script: e }\n')
    await prepare(arranged)
    await expect(arranged.pipelines.retryJob(jobId, BY_BOB)).rejects.toMatchObject({
      code: 'pipelines.not-retryable',
    })
  })

  it.each([
    ['retry: 2', ['script_failure', 'script_failure', 'script_failure'], 3, 'failed'],
    ['retry: 2', ['script_failure', 'success'], 2, 'success'],
    ['retry: { max: 1, when: runner_system_failure }', ['script_failure'], 1, 'failed'],
    ['retry: { max: 1, when: script_failure }', ['script_failure', 'success'], 2, 'success'],
    ['retry: { max: 1, exit_codes: 7 }', ['7', 'success'], 2, 'success'],
    ['retry: { max: 1, exit_codes: 7 }', ['8'], 1, 'failed'],
    [
      'retry: { max: 1, exit_codes: 7, when: runner_system_failure }',
      ['runner_system_failure', 'success'],
      2,
      'success',
    ],
    ['retry: 1', ['canceled'], 1, 'canceled'],
  ])('by its rule %s after %j: %i tries', async (rule, outcomes, ...[tries, wanted]) => {
    const arranged = await started(`a: { script: e, ${rule} }\nb: { stage: deploy, script: e }\n`)
    for (const outcome of outcomes) await endAs(arranged, await arranged.take(), outcome)
    await runAll(arranged)
    const { state, jobs } = await arranged.pipelines.get(1)
    expect([jobs.filter(({ name }) => name === 'a').length, state]).toEqual([tries, wanted])
  })

  it('of a whole pipeline: all that failed or was cancelled, and manual ones wait for a person again', async () => {
    const arranged = await started(
      'a: { stage: build, script: e }\nm: { stage: build, script: e, when: manual }\nb: { script: e }\nc: { stage: deploy, script: e }\n',
    )
    await arranged.pipelines.playJob(2, BY_BOB)
    await runAll(arranged, { a: 'script_failure', m: 'script_failure' })
    expect(await statesOf(arranged)).toBe('a failed, m failed, b skipped, c skipped, = failed')
    await arranged.pipelines.retry(1, BY_BOB)
    expect(await statesOf(arranged)).toBe('a pending, m manual, b created, c created, = pending')
    await runAll(arranged)
    expect(await statesOf(arranged)).toBe('a success, m manual, b success, c success, = success')
    const before = await arranged.pipelines.get(1)
    expect(await arranged.pipelines.retry(1, BY_BOB)).toEqual(before)
  })
})

describe('a manual job', () => {
  it('begins when it is played, with the variables that came with it, over all others', async () => {
    const arranged = await started(
      `m: { script: e, when: manual, allow_failure: false, variables: { A: file } }\nb: { stage: deploy, script: e }\n`,
    )
    expect(await arranged.request()).toBeUndefined()
    const variables = [{ key: 'A', value: 'played' }]
    expect(await arranged.pipelines.playJob(1, { ...BY_BOB, variables })).toMatchObject({
      state: 'pending',
      user: BOB,
    })
    const payload = await arranged.take()
    expect([valueOf(payload, 'A'), valueOf(payload, 'CI_JOB_MANUAL')]).toEqual(['played', 'true'])
    await arranged.pipelines.updateJob(claim(payload), { state: 'success' })
    await runAll(arranged)
    expect(await statesOf(arranged)).toBe('m success, b success, = success')
  })

  it('lets what needs it run, which was skipped before', async () => {
    const arranged = await started(
      'm: { script: e, when: manual }\nb: { stage: deploy, script: e, needs: [m] }\n',
    )
    expect(await statesOf(arranged)).toBe('m manual, b skipped, = skipped')
    await arranged.pipelines.playJob(1, BY_BOB)
    expect(await runAll(arranged)).toEqual(['m', 'b'])
  })

  it('that has ended is played as a new try, once', async () => {
    const arranged = await started('m: { script: e, when: manual }\n')
    await arranged.pipelines.playJob(1, BY_BOB)
    await runAll(arranged)
    expect(await arranged.pipelines.playJob(1, BY_BOB)).toMatchObject({ id: 2, state: 'pending' })
    const twice = arranged.pipelines.playJob(1, BY_BOB)
    await expect(twice).rejects.toMatchObject({ code: 'pipelines.not-retryable' })
  })

  it.each([
    ['has not been reached', 'a: { stage: build, script: e }\nm: { script: e, when: manual }', 2],
    ['is none', 'a: { stage: build, script: e }', 1],
  ])('is not played where it %s', async (_, text, jobId) => {
    const arranged = await started(text)
    await expect(arranged.pipelines.playJob(jobId, BY_BOB)).rejects.toMatchObject({
      code: 'pipelines.not-playable',
    })
  })

  it('stays when its pipeline is cancelled', async () => {
    const arranged = await started('m: { script: e, when: manual }\na: { script: e }\n')
    await arranged.pipelines.cancel(1)
    expect(await statesOf(arranged)).toBe('m manual, a canceled, = canceled')
  })
})
