/** A job that prints a gibibyte: what server and runner take of memory, and how long pages of the index wait meanwhile. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { builtExecutable, builtProgram, runOf, type Run } from './commands.ts'
import { pace } from './pace.ts'
import { mostRssMiB } from './processes.ts'
import { makeStores, PROJECT, USER, type RegistryServer } from './registry-stores.ts'
import { table } from './report.ts'

const HEAD = [
  'program',
  'the job prints',
  'seconds',
  'server, RSS at most, MiB',
  'runner, RSS at most, MiB',
  'index pages, p50 ms',
  'p99 ms',
  'longest ms',
]
const GIB = 2 ** 30
const LINE_BYTES = 80
const LINES_AT_ONCE = 800
const MAX_MS = 5 * 60_000
const PACKAGES = 10

/** For each program a server of its own, that was just started, and a runner for each job. */
export async function benchJobLog(work: string): Promise<string> {
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: join(import.meta.dirname, '..'), stdio: 'pipe' })
  const rows: string[][] = []
  for (const [name, program] of [
    ['executable', builtExecutable()],
    ['Node', builtProgram()],
  ] as const) {
    const folder = join(work, `log-${name}`)
    mkdirSync(folder)
    const { all } = await makeStores({ work: folder, sizes: [PACKAGES], program })
    const server = await all[0]?.start()
    if (server === undefined) throw new Error('no server')
    const jobs = { folder, program, server, runnerToken: await newRunner(server) }
    try {
      // What every job takes of memory and time.
      rows.push([name, '1 line', ...(await cellsOf(jobs, 1))])
      rows.push([name, '1 GiB', ...(await cellsOf(jobs, Math.ceil(GIB / LINE_BYTES)))])
    } finally {
      await server.stop()
    }
  }
  return table(HEAD, rows)
}

interface Jobs {
  readonly folder: string
  readonly program: readonly string[]
  readonly server: RegistryServer
  readonly runnerToken: string
}

async function cellsOf(jobs: Jobs, lines: number): Promise<readonly string[]> {
  const { server } = jobs
  push(jobs, lines)
  const pages = pace(`${server.pypi}/simple/eight/`)
  try {
    const runner = await runToEnd(jobs)
    const waited = await pages.cells()
    await checkEnd(server)
    const rss = [mostRssMiB(server.pid), runner.rssMiB].map((one) => one.toFixed(0))
    return [(runner.ms / 1000).toFixed(1), ...rss, ...waited]
  } finally {
    pages.stop()
  }
}

async function newRunner(server: RegistryServer): Promise<string> {
  const init = {
    method: 'POST',
    headers: { 'PRIVATE-TOKEN': server.token, 'Content-Type': 'application/json' },
    body: JSON.stringify({ runner_type: 'instance_type' }),
  }
  const answer = await fetch(`${server.url}/api/v4/user/runners`, init)
  return ((await answer.json()) as { readonly token: string }).token
}

/** A commit whose one job prints so many lines, and no more than it must hold at once. */
function push({ folder, server }: Jobs, lines: number): void {
  const repository = join(folder, `prints-${lines}`)
  mkdirSync(repository)
  const times = Math.ceil(lines / LINES_AT_ONCE)
  const text = `line = "x" * ${LINE_BYTES - 1} + "\\n"; [sys.stdout.write(line * ${Math.min(lines, LINES_AT_ONCE)}) for _ in range(${times})]`
  const script = `python3 -c 'import sys; ${text}; sys.stdout.flush()'`
  writeFileSync(join(repository, '.gitlab-ci.yml'), `print:\n  script:\n    - |\n      ${script}\n`)
  const place = Object.assign(new URL(`${server.url}/${PROJECT}.git`), {
    username: USER,
    password: server.token,
  })
  // By the environment: a token is no argument.
  const env = {
    ...process.env,
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'remote.bench.url',
    GIT_CONFIG_VALUE_0: place.href,
  }
  const author = ['-c', 'user.name=bench', '-c', 'user.email=bench@example.com']
  for (const args of [
    ['init', '--quiet', `--initial-branch=lines-${lines}`],
    ['add', '.'],
    [...author, 'commit', '--quiet', '--message', 'print'],
    ['push', '--quiet', 'bench', 'HEAD'],
  ])
    execFileSync('git', args, { cwd: repository, env, stdio: ['ignore', 'ignore', 'pipe'] })
}

function runToEnd({ folder, program, server, runnerToken }: Jobs): Promise<Run> {
  return runOf({
    argv: [...program, 'runner', '--url', server.url, '--executor', 'sandbox', '--once', '--quiet'],
    cwd: folder,
    env: { WHEELSEAL_RUNNER_TOKEN: runnerToken, XDG_CACHE_HOME: join(folder, 'cache') },
    maxMs: MAX_MS,
  })
}

/** A log that was cut is expected; a job that did not run to its end would measure nothing. */
async function checkEnd(server: RegistryServer): Promise<void> {
  const id = encodeURIComponent(PROJECT)
  const answer = await fetch(`${server.url}/api/v4/projects/${id}/jobs?per_page=1`, {
    headers: { 'PRIVATE-TOKEN': server.token },
  })
  const [job] = (await answer.json()) as readonly { readonly status: string }[]
  if (job?.status !== 'success') throw new Error(`the job is ${job?.status}`)
}
