import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { joinBytes, utf8Decode } from '../../src/base/index.ts'
import { openMember } from '../../src/pipelines/index.ts'
import { commit, git, startGitBench, type GitBench } from '../support/git.ts'
import { root, runProgram } from '../support/program.ts'
import { present, runnerPython } from '../support/judges.ts'

/** It polls every 40 seconds: it is started once a job waits, and takes one. */
const LONGEST_MS = 90_000

let bench: GitBench
beforeAll(async () => {
  bench = await startGitBench()
})
afterAll(() => bench.close())

const PIPELINE = `
stages: [build, test]
variables: { GREETING: "hello" }
build:
  stage: build
  script:
    - mkdir dist
    - echo "$GREETING from $CI_COMMIT_REF_NAME" > dist/a.txt
    - git rev-parse HEAD
  artifacts: { paths: [dist/] }
check:
  stage: test
  script:
    - cat dist/a.txt
    - exit 3
`

/** Takes one job as `--once` says. It has no home and nothing of whoever runs the tests. */
async function runOnce(token: string): Promise<string> {
  const dir = join(bench.folder, 'python-runner')
  await mkdir(dir, { recursive: true })
  const config = { server: bench.server.url, token, executor: 'shell', shell: '/bin/sh', dir }
  // YAML reads JSON.
  await writeFile(join(dir, 'gitlab-runner.yml'), JSON.stringify(config))
  const args = ['-m', 'GitlabPyRunner', '--start', 'gitlab-runner.yml', '--once']
  const child = spawn(runnerPython, args, {
    cwd: dir,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: dir,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
      NO_PROXY: '*',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LONGEST_MS,
    killSignal: 'SIGKILL',
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (bytes: Buffer) => (said += bytes.toString()))
  await once(child, 'close')
  return said
}

/** The lines of docs/how-to/use-stock-gitlab-runners.md, which make the token of a runner. */
async function runnerOfThePage(): Promise<string> {
  const { access } = bench.server.services
  const token = (await access.createToken({ login: 'root', scopes: ['api'] })).token.reveal()
  await writeFile(join(bench.folder, 'token-header'), `PRIVATE-TOKEN: ${token}\n`)
  const page = await readFile(join(root, 'docs', 'how-to', 'use-stock-gitlab-runners.md'), 'utf8')
  const lines = /```sh\n([^]*?)```/.exec(page)?.[1] ?? ''
  const text = `set -e; unset http_proxy https_proxy; ${lines.replaceAll('https://seal.example.com', bench.server.url)}`
  const { code, stdout, stderr } = await runProgram(['bash', '-c', text], { cwd: bench.folder })
  expect(code, stderr).toBe(0)
  return (JSON.parse(stdout) as { token: string }).token
}

async function traceOf(jobId: number): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const part of await bench.server.services.pipelines.readTrace(jobId)) parts.push(part)
  return utf8Decode(joinBytes(parts))
}

describe.runIf(present(runnerPython))('gitlab-python-runner, an independent client from PyPI', () => {
  it(
    'runs the jobs of a push, which it clones from the instance, with artifacts',
    async () => {
      const { path } = await bench.project()
      const work = await bench.work()
      const sha = await commit(work, { '.gitlab-ci.yml': PIPELINE, 'a.txt': 'a file' })
      const { stderr } = await git(work, ['push', bench.url(path, await bench.token('maintainer')), 'main'])
      const id = Number(/Pipeline (\d+) of main/.exec(stderr)?.[1])
      const { pipelines } = bench.server.services
      const token = await runnerOfThePage()

      const first = await runOnce(token)
      const [build, check] = (await pipelines.get(id)).jobs
      const log = await traceOf(build?.id ?? 0)
      expect({ state: build?.state, first, log }).toMatchObject({ state: 'success' })
      expect(log).toContain(sha)
      const { blob } = await pipelines.openArtifact(build?.id ?? 0, 'archive')
      const parts: Uint8Array[] = []
      for await (const part of (await openMember(blob, 'dist/a.txt')).stream()) parts.push(part)
      expect(utf8Decode(joinBytes(parts))).toBe('hello from main\n')

      const second = await runOnce(token)
      const after = await pipelines.get(id)
      const checked = await traceOf(check?.id ?? 0)
      expect({ state: after.state, second, checked }).toMatchObject({ state: 'failed' })
      expect(checked).toContain('hello from main')
      expect(after.jobs[1]).toMatchObject({ state: 'failed', failureReason: 'unknown_failure' })
      expect(first + second).not.toMatch(/glrt-\w/)
    },
    2 * LONGEST_MS,
  )
})
