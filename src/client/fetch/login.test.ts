import { describe, expect, it } from 'vitest'
import { baseErrors, utf8 } from '../../base/index.ts'
import { loginFor, type LoginFlags } from './index.ts'
import type { Login } from './plan.ts'

const INDEX = 'https://gitlab.example/api/v4/projects/1/packages/pypi/simple'
const job = { CI_JOB_TOKEN: 'glcbt-1', CI_API_V4_URL: 'https://gitlab.example/api/v4' }

interface Asked extends LoginFlags {
  readonly env?: Readonly<Record<string, string>>
  readonly url?: string
}

/** `token` is a file with a token, and standard input has another. */
function login({ env = {}, url = INDEX, ...flags }: Asked): Promise<Login | undefined> {
  const read = async (path: string, maxBytes: number): Promise<Uint8Array> => {
    if (path !== 'token') throw baseErrors('base.too-large', `${path} ${maxBytes}`)
    return utf8('glpat-of-file\n')
  }
  const standardInput = async function* piped(): AsyncGenerator<Uint8Array> {
    yield utf8('glpat-of-pipe\n')
  }
  return loginFor(url, flags, { env, files: { read }, standardInput })
}

async function shown(asked: Asked): Promise<string | undefined> {
  const found = await login(asked)
  return found && Buffer.from(found.authorization.reveal().replace(/^Basic /, ''), 'base64').toString()
}

describe('the login for an index', () => {
  it('is the token that was given, for whichever name it needs', async () => {
    expect(await shown({ env: { WHEELSEAL_TOKEN: 'glpat-1', ...job } })).toBe('__token__:glpat-1')
    expect(await shown({ env: { WHEELSEAL_TOKEN: 'gldt-1' }, user: 'deploy-1' })).toBe('deploy-1:gldt-1')
    expect(await shown({ env: { WHEELSEAL_TOKEN: '' } })).toBeUndefined()
  })

  it('is that of a file before any variable, or of what is piped', async () => {
    const env = { WHEELSEAL_TOKEN: 'glpat-1', ...job }
    expect(await shown({ env, tokenFile: 'token' })).toBe('__token__:glpat-of-file')
    expect(await shown({ env, tokenFile: '-', user: 'ada' })).toBe('ada:glpat-of-pipe')
    expect(await login({ tokenFile: 'token' })).toMatchObject({ from: '--token-file' })
    await expect(login({ tokenFile: 'absent' })).rejects.toMatchObject({ code: 'base.too-large' })
  })

  it("is a job's own token for its own GitLab, and for no other host", async () => {
    expect(await shown({ env: job })).toBe('gitlab-ci-token:glcbt-1')
    const others = [
      'https://gitlab.example.evil/simple',
      'http://gitlab.example/simple',
      'https://gitlab.example:444/x',
    ]
    for (const url of others) expect(await shown({ env: job, url })).toBeUndefined()
    expect(await shown({ env: { CI_JOB_TOKEN: 'glcbt-1' } })).toBeUndefined()
    expect(await shown({ env: { ...job, CI_API_V4_URL: 'nonsense' } })).toBeUndefined()
  })

  it('is not shown where it is printed, nor by the error about a token that is none', async () => {
    expect(JSON.stringify(await login({ env: job }))).not.toContain('glcbt')
    await expect(login({ env: { WHEELSEAL_TOKEN: 'glpat 1' } })).rejects.toMatchObject({
      code: 'packaging.target',
      message: expect.not.stringContaining('glpat'),
    })
  })
})
