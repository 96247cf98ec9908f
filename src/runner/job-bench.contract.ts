import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Secret } from '../base/index.ts'
import { systemClock, systemEntropy, systemSpawn } from '../host/index.ts'
import { fetchHttp, startServer, type FakeServer } from './api/runner-api.contract.ts'
import { jobPayload, makeRepository } from './arrange.contract.ts'
import {
  createPlainExecutor,
  createRunner,
  type JobOutcome,
  type Runner,
  type RunnerOptions,
} from './index.ts'

/** For tests: a server that plays the runner API, and runners with the plain executor that ask it for jobs. */
export interface JobBench {
  readonly server: FakeServer
  readonly top: string
  /** The number of the payload that was made last. */
  readonly lastJob: number
  payload(changes: object): object
  runnerOf(more?: Partial<RunnerOptions>): Runner
  run(changes: object, more?: Partial<RunnerOptions>): Promise<JobOutcome | 'no-job'>
  close(): Promise<void>
}

export async function startJobBench(): Promise<JobBench> {
  const server = await startServer()
  const top = mkdtempSync(join(tmpdir(), 'ws-steered-'))
  const repository = makeRepository(join(top, 'repository'))
  const machine = { spawn: systemSpawn, host: { PATH: process.env['PATH'] } }
  const executor = createPlainExecutor({ ...machine, work: join(top, 'work') })
  let lastJob = 600
  const payload = (changes: object): object => jobPayload(repository, { id: ++lastJob, ...changes })
  const runnerOf: JobBench['runnerOf'] = (more = {}) =>
    createRunner({
      ...machine,
      serverUrl: server.url,
      token: new Secret('glrt-runner-token'),
      http: fetchHttp,
      clock: systemClock,
      entropy: systemEntropy,
      executor,
      cacheFolder: join(top, 'cache'),
      pollMs: 10,
      ...more,
    })
  return {
    server,
    top,
    get lastJob() {
      return lastJob
    },
    payload,
    runnerOf,
    run: (changes, more = {}) => {
      server.jobs.push(payload(changes))
      return runnerOf(more).runNext(new AbortController().signal)
    },
    close: async () => {
      await server.close()
      rmSync(top, { recursive: true, force: true })
    },
  }
}
