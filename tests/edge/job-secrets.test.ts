import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { env, pid } from 'node:process'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Secret, type Spawn } from '../../src/base/index.ts'
import { systemClock, systemEntropy, systemSpawn } from '../../src/host/index.ts'
import { fetchHttp } from '../../src/runner/api/runner-api.contract.ts'
import { createPlainExecutor, createRunner } from '../../src/runner/index.ts'
import { withAdmin } from '../../src/server/index.ts'
import { commit, git, gitOrFail } from '../support/git.ts'
import { startServer, temporaryFolder, type Server } from '../support/server.ts'

/**
 * A pipeline with id tokens, from a push over HTTP to its end, while all processes of server and runner are looked at.
 * Jobs hand their secrets out of themselves, and print them in many ways.
 */
let folder: { path: string; remove: () => Promise<void> }
let server: Server
/** By what they are. */
const secrets = new Map<string, string>()
const argumentsSeen = new Set<string>()

const config = (): string => `
stages: [make, use]
make:
  stage: make
  id_tokens: { ID_ONE: { aud: sigstore }, ID_TWO: { aud: [a, b] } }
  script:
    - &out |
      for name in CI_JOB_TOKEN ID_ONE ID_TWO; do
        if [ -n "\${!name}" ]; then printf %s "\${!name}" > ${folder.path}/out/$CI_JOB_NAME-$name; fi
      done
    - echo "$CI_JOB_TOKEN" "$ID_ONE"; echo "say begun"
    - env; export -p
    - printf %s "$CI_JOB_TOKEN" | base64 -w0
    - for at in 1 6 20; do printf %s "$ID_TWO" | head -c $at; sleep 0.1; printf %s "$ID_TWO" | tail -c +$((at + 1)); echo; done
    - git ls-remote "$CI_REPOSITORY_URL"; git fetch --quiet origin
    - echo one > kept; echo V=1 > v.env
    - sleep 1
  after_script: ['echo "$CI_REPOSITORY_URL"', 'cat "$0" || true']
  cache: { key: k, paths: [kept] }
  artifacts: { paths: [kept], reports: { dotenv: v.env } }
use:
  stage: use
  variables: { GIT_SUBMODULE_STRATEGY: recursive, GIT_DEPTH: "0" }
  cache: { key: k, paths: [kept] }
  script: [*out, set -x, 'echo "$CI_JOB_TOKEN"', cat kept, "sh -c 'sleep 1; true' of-the-job $CI_JOB_TOKEN"]
`

beforeAll(async () => {
  folder = await temporaryFolder()
  await mkdir(join(folder.path, 'out'))
  server = await startServer(join(folder.path, 'data'), undefined, ['--log-level', 'debug'])
  await server.admin('project', 'create', 'acme/tools')
  await server.admin('user', 'create', 'ada', '--admin')
  const made = await server.admin('token', 'create', '--user', 'ada', '--scope', 'api')
  secrets.set('personal token', String(made['token']))
  const runner = await withAdmin(server.data, (admin) => admin.createRunner({ description: 'test' }))
  secrets.set('runner token', runner.token)
  await runPushed()
})
afterAll(async () => {
  await server.stop()
  await folder.remove()
})

async function runPushed(): Promise<void> {
  const stopping = new AbortController()
  const watching = watchArguments(stopping.signal)
  const pipelineId = await push()
  const running = startRunner(stopping.signal)
  await untilEnded(pipelineId)
  stopping.abort('stop')
  await Promise.all([running, watching])
  const out = join(folder.path, 'out')
  for (const name of await readdir(out)) secrets.set(name, await readFile(join(out, name), 'utf8'))
}

async function push(): Promise<number> {
  const work = join(folder.path, 'work')
  await mkdir(work)
  await gitOrFail(work, 'init', '--quiet', '-b', 'main')
  await commit(work, { '.gitlab-ci.yml': config() })
  const header = Buffer.from(`ada:${secrets.get('personal token')}`).toString('base64')
  // Git's own process has no token in its arguments either: what is found is ours.
  const { stderr } = await git(work, ['push', `${server.url}/acme/tools.git`, 'main'], {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'http.extraHeader',
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${header}`,
  })
  const id = Number(/Pipeline (\d+) of main/.exec(stderr)?.[1])
  if (!Number.isSafeInteger(id)) throw new Error(stderr)
  return id
}

async function startRunner(signal: AbortSignal): Promise<void> {
  // Those that end at once, too.
  const spawn: Spawn = {
    run: (command) => {
      argumentsSeen.add(command.argv.join(' '))
      return systemSpawn.run(command)
    },
  }
  const machine = { spawn, host: { PATH: env['PATH'], HOME: folder.path } }
  const runner = createRunner({
    ...machine,
    serverUrl: server.url,
    token: new Secret(secrets.get('runner token') ?? ''),
    http: fetchHttp,
    clock: systemClock,
    entropy: systemEntropy,
    executor: createPlainExecutor({ ...machine, work: join(folder.path, 'jobs') }),
    cacheFolder: join(folder.path, 'cache'),
    pollMs: 50,
  })
  await runner.runUntil(() => false, signal)
}

async function untilEnded(id: number): Promise<void> {
  const isOver = async (): Promise<boolean> => {
    const { state } = await withAdmin(server.data, (admin) => admin.pipeline(id))
    return state === 'failed' || state === 'success'
  }
  while (!(await isOver())) await wait(100)
}

/** The arguments of all processes below this one, where there are new ones, as often as they can be read. */
async function watchArguments(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    for (const line of descendants(pid)) argumentsSeen.add(line)
    await wait(3)
  }
}

function descendants(parent: number): readonly string[] {
  const children = read(`/proc/${parent}/task/${parent}/children`).split(' ').filter(Boolean).map(Number)
  const own = children.map((child) => read(`/proc/${child}/cmdline`).replaceAll('\0', ' '))
  return own.concat(children.flatMap(descendants))
}

/** Nothing where the process has just ended. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

const base64 = (text: string): string => Buffer.from(text).toString('base64').replaceAll('=', '')

/** What is nobody else's: the signature of an id token, all of other tokens; each also in Base64. */
function needles(): readonly (readonly [string, string])[] {
  return [...secrets].flatMap(([what, value]) => {
    const own = value.startsWith('eyJ') ? (value.split('.')[2] ?? '') : value
    return [[what, own] as const, [`${what}, in Base64`, base64(value).slice(8, -8)] as const]
  })
}

const foundIn = (text: string): readonly string[] =>
  needles().flatMap(([what, value]) => (text.includes(value) ? [what] : []))

describe('the secrets of a pipeline', { timeout: 60_000 }, () => {
  it('are those that are looked for', () => {
    const names = ['make-CI_JOB_TOKEN', 'make-ID_ONE', 'make-ID_TWO', 'use-CI_JOB_TOKEN']
    expect([...secrets.keys()].toSorted()).toEqual([...names, 'personal token', 'runner token'].toSorted())
    for (const [what, value] of needles()) expect(value.length, what).toBeGreaterThan(20)
  })

  it('are in no argument of a process, but those that a line of a job puts there', () => {
    const all = [...argumentsSeen]
    const ofTheJob = all.filter((line) => line.includes('of-the-job'))
    expect(ofTheJob.flatMap(foundIn)).toContain('use-CI_JOB_TOKEN')
    const own = all.filter((line) => !/of-the-job|^git ls-remote |git(?:-| )remote-https? /.test(line))
    for (const word of ['git fetch', 'git checkout', 'script.sh', 'wheelseal'])
      expect(own.filter((line) => line.includes(word)).length, word).toBeGreaterThan(0)
    const leaks = own.flatMap((line) => foundIn(line).map((what) => `${what}: ${line.slice(0, 60)}`))
    expect(leaks).toEqual([])
  })

  it('are in no log of a job, however it prints them', () => {
    const traces = filesBelow(join(server.data, 'traces')).map((path) => readFileSync(path, 'utf8'))
    const text = traces.join('\n')
    expect(text).toContain('say begun')
    expect(text.match(/\[MASKED\]/g)?.length).toBeGreaterThan(10)
    expect(foundIn(text)).toEqual([])
    // Nor in pieces: the first half and the second one.
    for (const [what, value] of needles())
      for (const half of [value.slice(0, value.length / 2), value.slice(value.length / 2)])
        expect(text.includes(half), what).toBe(false)
  })

  it('are in no line of the server’s log, however loud', () => {
    expect(server.logged()).toContain('/api/v4/jobs/request')
    expect(foundIn(server.logged())).toEqual([])
  })

  it('are in no file of the data directory, nor in what the runner keeps', () => {
    const places = [server.data, join(folder.path, 'cache'), join(folder.path, 'jobs')]
    const files = places.flatMap(filesBelow)
    expect(files.length).toBeGreaterThan(10)
    const leaks = files.flatMap((path) =>
      foundIn(readFileSync(path, 'latin1')).map((what) => `${what}: ${relative(folder.path, path)}`),
    )
    expect(leaks).toEqual([])
  })
})

function filesBelow(top: string): readonly string[] {
  return readdirSync(top, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}
