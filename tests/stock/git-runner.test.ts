import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { joinBytes, Secret, utf8Decode, type Log } from '../../src/base/index.ts'
import { systemClock, systemEntropy, systemFiles, systemSpawn } from '../../src/host/index.ts'
import { createHttp } from '../../src/net/index.ts'
import { createPlainExecutor, createRunner } from '../../src/runner/index.ts'
import { commit, git, gitOrFail, startGitBench, type GitBench } from '../support/git.ts'

const lines: string[] = []
const log: Log = {
  event: (name, fields) => void lines.push(JSON.stringify([name, fields])),
  failure: (name, error, fields) => void lines.push(JSON.stringify([name, String(error), fields])),
}

let bench: GitBench
beforeAll(async () => {
  bench = await startGitBench({ log })
})
afterAll(() => bench.close())

const PIPELINE = `
build:
  stage: build
  script:
    - cat a.txt
    - git rev-parse HEAD
    - git ls-remote "$CI_REPOSITORY_URL" | cut -f 2
    - git push "$CI_REPOSITORY_URL" HEAD:refs/heads/mine || echo "no push"
check:
  stage: test
  script: git log -1 --format=%s
`

async function traceOf(jobId: number): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const part of await bench.server.services.pipelines.readTrace(jobId)) parts.push(part)
  return utf8Decode(joinBytes(parts))
}

it('a push is run to its end by our runner, which clones from the instance with the job token alone', async () => {
  const { path } = await bench.project()
  const work = await bench.work()
  const sha = await commit(work, { '.gitlab-ci.yml': PIPELINE, 'a.txt': 'a file' }, 'the title')
  const url = bench.url(path, await bench.token('maintainer'))
  const { stderr } = await git(work, ['push', url, 'main'])
  const id = Number(/Pipeline (\d+) of main/.exec(stderr)?.[1])
  // What comes after it is not what the pipeline is of.
  await commit(work, { '.gitlab-ci.yml': 'no: pipeline', 'a.txt': 'another' }, 'later')
  await gitOrFail(work, 'push', '--quiet', url, 'main')
  const { pipelines } = bench.server.services
  const { token } = await pipelines.createRunner({ description: 'test' })
  const host = { PATH: process.env['PATH'] ?? '', HOME: bench.folder }
  const runner = createRunner({
    spawn: systemSpawn,
    host,
    serverUrl: bench.server.url,
    token: new Secret(token.reveal()),
    http: createHttp({ env: {}, files: systemFiles }),
    clock: systemClock,
    entropy: systemEntropy,
    executor: createPlainExecutor({
      spawn: systemSpawn,
      host,
      work: join(bench.folder, 'jobs'),
      path: [],
    }),
    cacheFolder: join(bench.folder, 'cache'),
    observer: { event: () => undefined },
    pollMs: 50,
  })
  const isDone = async () => !['created', 'pending', 'running'].includes((await pipelines.get(id)).state)
  await runner.runUntil(isDone, AbortSignal.timeout(100_000))
  const { state, jobs } = await pipelines.get(id)
  const [build, check] = await Promise.all(jobs.map((job) => traceOf(job.id)))
  expect({ state, build, check }).toMatchObject({ state: 'success' })
  expect(build).toContain('a file')
  expect(build).toContain(sha)
  expect(build).toContain(`refs/pipelines/${id}`)
  expect(build).toContain('no push')
  expect(check).toContain('the title')
  expect(lines.join('\n')).not.toMatch(/glcbt-\w|glpat-\w/)
})
