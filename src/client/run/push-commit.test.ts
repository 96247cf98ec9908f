import { describe, expect, it } from 'vitest'
import { Secret, utf8, type Spawn } from '../../base/index.ts'
import { pushCommit, type PushOrder } from './push-commit.ts'

const SECRET = 'glpat-of-this-test'
const SHA = 'a'.repeat(40)

function order(type: 'branch' | 'tag' = 'branch'): PushOrder {
  return {
    source: { repository: '/srv/work', sha: SHA, ref: { name: 'v1', type } },
    url: 'https://seal.example.com',
    path: 'acme/tools',
    token: new Secret(SECRET),
    variables: [{ key: 'WORD', value: 'a=b', isFile: false, isMasked: false }],
  }
}

type Order = Parameters<Spawn['run']>[0]

/** What was started, and what it printed. */
async function pushed(push: PushOrder, { says = '', exitCode = 0, env = {} } = {}) {
  const started: Order[] = []
  const run = async (one: Order) => {
    started.push(one)
    one.onOutput?.(utf8(says), exitCode === 0 ? 'stdout' : 'stderr')
    return { exitCode }
  }
  const result = pushCommit(push, { spawn: { run } as unknown as Spawn, env })
  return { result: await result, argv: started[0]?.argv ?? [], env: started[0]?.env ?? {} }
}

describe('a push of the commit', () => {
  it('has the token in the environment of git only, for that server only', async () => {
    const { argv, env } = await pushed(order(), { env: { GIT_CONFIG_COUNT: '2', GIT_CONFIG_KEY_0: 'own' } })
    const basic = Buffer.from(`wheelseal:${SECRET}`).toString('base64')
    expect(argv.join(' ')).not.toMatch(new RegExp(`${SECRET}|${basic}`))
    expect(argv.slice(-2)).toEqual(['https://seal.example.com/acme/tools.git', `${SHA}:refs/heads/v1`])
    expect(env).toMatchObject({
      GIT_CONFIG_COUNT: '6',
      GIT_CONFIG_KEY_0: 'own',
      GIT_CONFIG_KEY_2: 'credential.helper',
      GIT_CONFIG_VALUE_2: '',
      GIT_CONFIG_KEY_4: 'http.https://seal.example.com/.extraHeader',
      GIT_CONFIG_VALUE_4: `Authorization: Basic ${basic}`,
      GIT_CONFIG_VALUE_5: 'ci.variable=WORD=a=b',
    })
  })

  it('takes a tag as the object that it is, and never forces it', async () => {
    const { argv } = await pushed(order('tag'))
    expect(argv.at(-1)).toBe('refs/tags/v1:refs/tags/v1')
    expect(argv.join(' ')).not.toMatch(/--force|\+refs/)
  })

  it.each([
    ['up to date', `To x\n=\t${SHA}:refs/heads/v1\t[up to date]\nDone`],
    ['pushed', `To x\n \t${SHA}:refs/heads/v1\ta..b\nDone`],
    ['pushed', `To x\n*\t${SHA}:refs/heads/v1\t[new branch]\nDone`],
  ])('is %s as git says', async (result, says) => {
    expect((await pushed(order(), { says })).result).toBe(result)
  })

  it('that git refuses is an error with the words of git', async () => {
    const refused = pushed(order(), { says: '! [rejected] (fetch first)\u001b[2J', exitCode: 1 })
    await expect(refused).rejects.toMatchObject({
      code: 'client.push',
      message: expect.stringContaining('[rejected] (fetch first)'),
    })
    await expect(refused).rejects.not.toMatchObject({ message: expect.stringContaining('\u001b') })
  })
})
