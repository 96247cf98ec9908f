import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Secret } from '../base/index.ts'
import { systemClock, systemEntropy, systemSpawn } from '../host/index.ts'
import { fetchHttp, startServer, TOKEN, type FakeServer } from './api/runner-api.contract.ts'
import { jobPayload, makeRepository, step } from './arrange.contract.ts'
import { createPlainExecutor, createRunner, openWorkFolder } from './index.ts'

/** The numbers are those of the life of a job in docs/design/runner.md. */
const STEPS: readonly (readonly [string, string])[] = [
  ['1 to 2: the job is its own', 'Running with'],
  ['4: its sources are fetched', 'Getting source'],
  ['5: its cache is restored', 'Restoring cache'],
  ['6: its script runs', 'in the script'],
  ['7: its after_script runs', 'in after_script'],
  ['8: its cache is saved', 'Saving cache'],
  ['9: its artifacts are sent', 'Uploading artifacts'],
  ['10 to 11: its end is reported', 'Job succeeded'],
]

describe('a runner that is killed', () => {
  let server: FakeServer
  let top: string
  let repository: { path: string; sha: string }

  beforeAll(async () => {
    server = await startServer()
    top = mkdtempSync(join(tmpdir(), 'ws-killed-'))
    repository = makeRepository(join(top, 'repository'))
  })
  beforeEach(() => server.reset())
  afterAll(async () => {
    await server.close()
    rmSync(top, { recursive: true, force: true })
  })

  const payload = () =>
    jobPayload(repository, {
      cache: [{ key: 'k', paths: ['hello.txt'], when: 'always' }],
      artifacts: [{ paths: ['hello.txt'], artifact_type: 'archive', artifact_format: 'zip' }],
      dependencies: [{ id: 300, name: 'a', token: TOKEN, artifacts_file: { filename: '' } }],
      steps: [
        step('script', ['echo "in the"" script"', 'sleep 0.3']),
        step('after_script', ['echo "in after""_script"', 'sleep 0.3']),
      ],
    })
  const works = (): readonly string[] => readdirSync(top).filter((name) => name.startsWith('wsr-'))

  it.each(STEPS)(
    'in step %s leaves its folder, which the next removes, and no harm',
    async (_step, line) => {
      server.jobs.push(payload())
      await killAt(line, { top, url: server.url })
      expect(works()).toHaveLength(1)
      const left = works()
      const work = await openWorkFolder(top, systemClock)
      expect(works().filter((name) => left.includes(name))).toEqual([])

      server.jobs.push(payload())
      expect(await runner(work.path).runNext(new AbortController().signal)).toMatchObject({
        state: 'success',
      })
      await work.close()
      expect(works()).toEqual([])
      const kept = readdirSync(join(top, 'cache'), { recursive: true }).map(String)
      expect(kept.filter((name) => !/^project-20(?:\/[0-9a-f]{64}\.zip)?$/.test(name))).toEqual([])
    },
    120_000,
  )

  function runner(work: string) {
    const machine = { spawn: systemSpawn, host: { PATH: process.env['PATH'], HOME: top } }
    return createRunner({
      ...machine,
      serverUrl: server.url,
      token: new Secret('glrt-runner-token'),
      http: fetchHttp,
      clock: systemClock,
      entropy: systemEntropy,
      executor: createPlainExecutor({ ...machine, work }),
      cacheFolder: join(top, 'cache'),
    })
  }
})

/** Runs jobs in a process of its own, which is killed at the first line that contains `line`. */
async function killAt(line: string, place: { top: string; url: string }): Promise<void> {
  const program = join(import.meta.dirname, 'killed-runner.contract.ts')
  const child = spawn(process.execPath, [program, place.top, place.url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exit = once(child, 'exit')
  for await (const said of createInterface(child.stdout)) {
    if (said.includes(line)) child.kill('SIGKILL')
  }
  expect(await exit).toEqual([null, 'SIGKILL'])
}
