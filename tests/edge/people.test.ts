import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runProgram, wheelseal, type Outcome } from '../support/program.ts'
import { startServer, temporaryFolder, type Server } from '../support/server.ts'

/** The commands about people and tokens, on a running server and on a directory at rest: both are one path. */

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let data: string
beforeAll(async () => {
  folder = await temporaryFolder()
  data = join(folder.path, 'data')
})
afterAll(() => folder.remove())

const run = (...args: readonly string[]): Promise<Outcome> => runProgram([wheelseal, ...args, '--data', data])

async function answer(...args: readonly string[]): Promise<unknown> {
  const { code, stdout, stderr } = await run(...args, '--json')
  expect(code, stderr).toBe(0)
  return JSON.parse(stdout)
}

async function refusal(...args: readonly string[]): Promise<readonly [number | null, string]> {
  const { code, stderr } = await run(...args)
  return [code, /\[([\w.-]+)\]/.exec(stderr)?.[1] ?? stderr]
}

let server: Server
const user = async (token: string): Promise<number> =>
  (await fetch(`${server.url}/api/v4/user`, { headers: { 'private-token': token } })).status

describe('on a running server', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    server = await startServer(data)
    await answer('project', 'create', 'acme/tools')
  }, 60_000)
  afterAll(() => server.stop())

  it('the first token makes its user the administrator', async () => {
    const create = ['token', 'create', '--user', 'first', '--scope', 'api'] as const
    expect(await answer(...create)).toMatchObject({ user: 'first' })
    const { users } = (await answer('user', 'list')) as { users: readonly object[] }
    expect(users).toEqual([expect.objectContaining({ login: 'first', isAdministrator: true })])
  })

  it('another token asks for its user, who is made before, and ends when it is revoked', async () => {
    const create = ['token', 'create', '--user', 'ada', '--scope', 'read_api']
    expect(await refusal(...create)).toEqual([1, 'access.unknown-user'])
    expect(await answer('user', 'create', 'ada')).toMatchObject({ login: 'ada', isAdministrator: false })
    const made = (await answer(...create, '--name', 'laptop', '--expires', '1d')) as {
      token: string
      id: number
      expiresAt: string
    }
    expect(Date.parse(made.expiresAt) - Date.now()).toBeGreaterThan(86_000_000)
    expect(Date.parse(made.expiresAt) - Date.now()).toBeLessThanOrEqual(86_400_000)
    expect(await user(made.token)).toBe(200)
    const list = JSON.stringify(await answer('token', 'list'))
    expect(list).toContain('"name":"laptop"')
    expect(list).not.toContain(made.token)
    expect((await run('token', 'list')).stdout).toMatch(
      /^ +\d+ +until \d{4}-\d{2}-\d{2} +read_api +ada +laptop$/m,
    )
    expect(await answer('token', 'revoke', String(made.id))).toMatchObject({ id: made.id })
    expect(await user(made.token)).toBe(401)
  })

  it('a blocked user is out at once, and in again', async () => {
    const { stdout } = await run('token', 'create', '--user', 'ada', '--scope', 'api')
    const token = stdout.trim()
    expect((await run('user', 'block', 'ada')).stdout).toBe('user ada is blocked\n')
    expect(await user(token)).toBe(401)
    expect((await run('user', 'list')).stdout).toMatch(/^ +\d+ +user +ada +blocked$/m)
    await answer('user', 'unblock', 'ada')
    expect(await user(token)).toBe(200)
  })

  it('a deploy token is printed alone, and its user name beside it', async () => {
    const scope = ['--scope', 'write_package_registry']
    const { code, stdout, stderr } = await run(
      'token',
      'create',
      '--project',
      'acme/tools',
      '--deploy',
      ...scope,
    )
    expect(code, stderr).toBe(0)
    expect(stdout).toMatch(/^gldt-\S+\n$/)
    const name = /user name of the deploy token is (\S+)/.exec(stderr)?.[1] ?? ''
    const put = async (login: string): Promise<number> => {
      const basic = Buffer.from(`${login}:${stdout.trim()}`).toString('base64')
      const url = `${server.url}/api/v4/projects/acme%2Ftools/packages/generic/tools/1.0/file.txt`
      const init = { method: 'PUT', headers: { authorization: `Basic ${basic}` }, body: 'bytes' }
      return (await fetch(url, init)).status
    }
    expect([await put('ada'), await put(name)]).toEqual([401, 201])
  })

  it.each([
    [['token', 'create', '--scope', 'api'], 2, 'access.token-owner'],
    [['token', 'create', '--user', 'ada', '--scope', 'root'], 2, 'access.scope'],
    [['token', 'create', '--user', 'ada', '--scope', 'api', '--expires', '2001-01-01'], 2, 'access.expiry'],
    [['token', 'create', '--user', 'ada', '--scope', 'api', '--expires', '2030-02-31'], 2, '2030-02-31'],
    [['token', 'create', '--user', 'ada', '--scope', 'api', '--expires', 'soon'], 2, 'soon'],
    [['token', 'create', '--project', 'a/b', '--group', 'a', '--scope', 'api'], 2, '--group'],
    [['token', 'revoke', '0x1'], 2, '0x1'],
    [['token', 'revoke', '999'], 1, 'access.unknown-token'],
    [['user', 'create', 'ADA'], 1, 'access.user-taken'],
    [['user', 'block', 'nobody'], 1, 'access.unknown-user'],
    [['project', 'member', 'add', 'acme/tools', 'ada', 'root'], 2, 'access.role'],
    [['project', 'member', 'add', 'acme/none', 'ada', 'guest'], 1, 'access.unknown-path'],
    [['project', 'member', 'remove', 'acme/tools', 'ada'], 1, 'access.unknown-member'],
    [['project', 'allow', 'acme/tools', 'none'], 1, 'access.unknown-path'],
    [['project', 'allow', 'acme/none', 'acme'], 1, 'access.unknown-project'],
  ])('%j is refused', async (args, code, why) => {
    const refused = await refusal(...args)
    expect(refused).toEqual([code, expect.stringContaining(why)])
  })
})

describe('on a directory at rest', { timeout: 60_000 }, () => {
  it('roles are given, listed and taken, in projects and groups', async () => {
    await answer('project', 'member', 'add', 'acme', 'ada', 'reporter')
    const added = await answer('project', 'member', 'add', 'acme/tools', 'ada', 'developer')
    expect(added).toEqual({ path: 'acme/tools', user: 'ada', role: 'developer' })
    const { stdout } = await run('project', 'member', 'list', 'acme/tools')
    expect(stdout).toMatch(/^ +\d+ +developer +ada$/m)
    await answer('project', 'member', 'remove', 'acme/tools', 'ada')
    expect(JSON.stringify(await answer('project', 'member', 'list', 'acme/tools'))).not.toContain('ada')
    expect(await answer('project', 'member', 'list', 'acme')).toMatchObject({
      members: [{ login: 'ada', role: 'reporter' }],
    })
  })

  it('jobs of others are let in, listed and kept out again', async () => {
    await answer('project', 'create', 'other/app')
    expect(await answer('project', 'allow', 'acme/tools', 'other/app')).toEqual({
      project: 'acme/tools',
      from: ['other/app'],
    })
    expect((await run('project', 'allow', 'acme/tools')).stdout).toBe('other/app\n')
    expect(await answer('project', 'allow', 'acme/tools', 'other/app', '--remove')).toMatchObject({
      from: [],
    })
  })

  it('an administrator is made', async () => {
    expect((await run('user', 'create', 'root', '--admin')).stdout).toMatch(
      /^user root has id \d+, an administrator\n$/,
    )
  })
})
