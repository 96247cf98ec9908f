import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Secret, type Clock } from '../base/index.ts'
import { systemClock, systemEntropy, systemSpawn } from '../host/index.ts'
import { fetchHttp, startServer, type FakeServer } from './api/runner-api.contract.ts'
import { jobPayload, makeRepository, step } from './arrange.contract.ts'
import type { Executor } from './executor.ts'
import { createPlainExecutor, createRunner } from './index.ts'

const INTERVAL_OF_THE_LOG_MS = 3_000

/** The log is sent, and so the server heard, without a wait. */
const eagerClock: Clock = {
  nowMs: () => systemClock.nowMs(),
  sleep: (ms, signal) => systemClock.sleep(ms === INTERVAL_OF_THE_LOG_MS ? 10 : ms, signal),
}

describe('a job that is ended early', () => {
  let server: FakeServer
  let top: string
  let repository: { path: string; sha: string }
  let executor: Executor

  beforeAll(async () => {
    server = await startServer()
    top = mkdtempSync(join(tmpdir(), 'ws-ended-'))
    repository = makeRepository(join(top, 'repository'))
    executor = createPlainExecutor({ ...machine(), work: join(top, 'work') })
  })
  beforeEach(() => server.reset())
  afterAll(async () => {
    await server.close()
    rmSync(top, { recursive: true, force: true })
  })

  const machine = () => ({ spawn: systemSpawn, host: { PATH: process.env['PATH'], HOME: top } })

  /** The runner's user stops it at the first line that contains `stopAt`. */
  const run = async (changes: object, stopAt?: string) => {
    server.jobs.push(jobPayload(repository, { ...results, ...changes }))
    const stopping = new AbortController()
    const runner = createRunner({
      ...machine(),
      serverUrl: server.url,
      token: new Secret('glrt-runner-token'),
      http: fetchHttp,
      clock: eagerClock,
      entropy: systemEntropy,
      executor,
      cacheFolder: join(top, 'cache'),
      observer: {
        event: (event) => {
          const isTime = event.kind === 'output' && stopAt !== undefined && event.line.includes(stopAt)
          if (isTime) stopping.abort('stop')
        },
      },
    })
    return runner.runNext(stopping.signal)
  }
  const results = {
    cache: [{ key: 'k', paths: ['hello.txt'], when: 'always' }],
    artifacts: [{ paths: ['hello.txt'], when: 'always' }],
  }
  const lasting = step('script', ['echo started', 'sleep 600'])
  const after = () => step('after_script', ['echo "after $CI_JOB_STATUS"', `touch '${top}/after'`])
  const whenStarted = (status: string) => (): string =>
    server.log().includes('\nstarted\n') ? status : 'running'

  it('by the server runs its after_script, and keeps no results', async () => {
    server.jobStatus = whenStarted('canceling')
    expect(await run({ steps: [lasting, after()] })).toMatchObject({ state: 'canceled' })
    expect(server.log()).toContain('\nafter canceled\n')
    expect(server.log()).not.toMatch(/Saving cache|Uploading artifacts/)
    expect([existsSync(join(top, 'cache')), server.artifacts.size]).toEqual([false, 0])
    rmSync(join(top, 'after'))
  })

  it('by a server that has given it up runs no after_script and reports nothing', async () => {
    server.jobStatus = whenStarted('canceled')
    expect(await run({ steps: [lasting, after()] })).toMatchObject({ state: 'canceled' })
    expect([server.final(), existsSync(join(top, 'after'))]).toEqual([undefined, false])
  })

  it.each([
    ['its cache is restored', 'Restoring cache', /step_script/],
    ['its script runs', 'echo started', /after_script|Saving cache/],
    ['its cache is saved', 'Saving cache', /Uploaded |Job succeeded/],
  ])('while %s gets no further', async (_, line, later) => {
    const script = line.includes('echo') ? lasting : step('script', ['true'])
    expect(await run({ steps: [script, after()] }, line)).toMatchObject({ state: 'canceled' })
    expect(server.log()).toContain('Job canceled')
    expect(server.log()).not.toMatch(later)
    rmSync(join(top, 'cache'), { recursive: true, force: true })
  })

  it('while its cache, its last result, is saved is no success', async () => {
    expect(await run({ artifacts: [] }, 'Saving cache')).toMatchObject({ state: 'canceled' })
    expect(server.log()).not.toContain('Job succeeded')
  })
})
