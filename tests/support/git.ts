import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { silentLog } from '../../src/host/index.ts'
import type { Log } from '../../src/base/index.ts'
import { startServer, type RunningServer } from '../../src/server/server.ts'
import { ownAddress } from '../../src/host/arrange.ts'
import { runProgram, type Outcome } from './program.ts'
import { temporaryFolder } from './server.ts'

const CLEAN = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.test',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.test',
  GIT_AUTHOR_DATE: '2026-01-02T03:04:05Z',
  GIT_COMMITTER_DATE: '2026-01-02T03:04:05Z',
  LC_ALL: 'C',
}

/** Stock git, with nothing of whoever runs the tests. */
export function git(
  cwd: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  return runProgram(['git', ...args], { cwd, env: { ...CLEAN, ...env } })
}

export async function gitOrFail(cwd: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await git(cwd, args)
  if (code !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`)
  return stdout.trim()
}

export type Files = Readonly<Record<string, string>>

/** A commit of these files, on what is checked out. */
export async function commit(cwd: string, files: Files, message = 'a commit'): Promise<string> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(cwd, name, '..'), { recursive: true })
    await writeFile(join(cwd, name), text)
  }
  await gitOrFail(cwd, 'add', '--all')
  await gitOrFail(cwd, 'commit', '--quiet', '--allow-empty', '-m', message)
  return gitOrFail(cwd, 'rev-parse', 'HEAD')
}

export interface GitBench {
  readonly server: RunningServer
  readonly folder: string
  /** A folder of its own with an empty repository, on `main`. */
  work(): Promise<string>
  /** A new project, private unless said otherwise. */
  project(visibility?: 'public' | 'private'): Promise<{ readonly path: string; readonly id: number }>
  /** Of a new user with that role in the group of all projects. */
  token(role: 'reporter' | 'developer' | 'maintainer' | null, scopes?: readonly Scope[]): Promise<string>
  url(path: string, token?: string): string
  close(): Promise<void>
}

type Scope = 'api' | 'read_api' | 'read_repository' | 'write_repository'

export async function startGitBench(
  options: { readonly maxPushBytes?: number; readonly log?: Log } = {},
): Promise<GitBench> {
  const { path: folder, remove } = await temporaryFolder()
  const [data, anchor] = [join(folder, 'data'), join(folder, 'anchor')]
  const server = await startServer({ data, anchor, log: silentLog, listen: await ownAddress(), ...options })
  const { access } = server.services
  await access.createUser({ login: 'root', isAdministrator: true })
  let count = 0
  const next = (): number => (count += 1)
  return {
    server,
    folder,
    work: async () => {
      const place = join(folder, `work-${next()}`)
      await mkdir(place)
      await gitOrFail(place, 'init', '--quiet', '-b', 'main')
      return place
    },
    project: (visibility = 'private') => access.createProject({ path: `acme/p${next()}`, visibility }),
    token: async (role, scopes = ['api']) => {
      const login = `user${next()}`
      await access.createUser({ login })
      if (role !== null) await access.setMember({ path: 'acme', login, role })
      return (await access.createToken({ login, scopes })).token.reveal()
    },
    url: (path, token) => {
      const url = new URL(`${server.url}/${path}.git`)
      if (token !== undefined) [url.username, url.password] = ['any', token]
      return url.href
    },
    close: async () => {
      await server.close()
      await remove()
    },
  }
}
