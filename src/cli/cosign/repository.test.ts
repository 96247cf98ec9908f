import { beforeAll, describe, expect, it } from 'vitest'
import { utf8 } from '../../base/index.ts'
import { openSession, openSigstore, type Session, type Sigstore } from './arrange.ts'
import { chosenRepository, keepRepository, readRepository } from './repository.ts'

let sigstore: Sigstore
beforeAll(async () => {
  sigstore = await openSigstore()
})

const repository = { mirror: 'https://tuf.test', rootSha256: 'ab'.repeat(32) }
const kept = async (env: Record<string, string> = {}): Promise<Session> => {
  const io = openSession(sigstore, env)
  await keepRepository(repository, utf8('{}'), io)
  return io
}

describe('the repository', () => {
  it('is that of public Sigstore before the first initialize', async () => {
    expect(await chosenRepository(openSession(sigstore))).toMatchObject({ trust: { kind: 'public' } })
  })

  it('is what was kept, below TUF_ROOT or among the data of the user', async () => {
    for (const [env, folder] of [
      [{}, '/nowhere/data/cosign'],
      [{ TUF_ROOT: '' }, '/nowhere/data/cosign'],
      [{ TUF_ROOT: '/tuf' }, '/tuf/wheelseal'],
    ] as const) {
      const io = await kept(env)
      const path = `${folder}/${repository.rootSha256}.root.json`
      expect(io.disk.has(path)).toBe(true)
      expect(await chosenRepository(io)).toMatchObject({
        trust: { kind: 'tuf', url: repository.mirror, root: { kind: 'file', path } },
      })
    }
  })

  it('is that of TUF_MIRROR and TUF_ROOT_JSON before that', async () => {
    const mirrored = await chosenRepository(await kept({ TUF_MIRROR: 'https://mirror.test' }))
    expect(mirrored.trust).toMatchObject({
      url: 'https://mirror.test',
      root: { path: expect.stringMatching(/root\.json$/) },
    })
    const rooted = await chosenRepository(await kept({ TUF_ROOT_JSON: 'mine.json' }))
    expect(rooted.trust).toMatchObject({ url: repository.mirror, root: { path: 'mine.json' } })
  })

  it('is none where TUF_MIRROR stands alone: whose root would it be', async () => {
    const io = openSession(sigstore, { TUF_MIRROR: 'https://mirror.test' })
    await expect(chosenRepository(io)).rejects.toMatchObject({ code: 'cosign.trust-root' })
  })

  it.each(['x', '[]', '{}', '{"mirror":"https://tuf.test","rootSha256":"../../x"}'])(
    'is refused when its file says %s',
    async (text) => {
      const io = openSession(sigstore)
      io.disk.set('/nowhere/data/cosign/repository.json', utf8(text))
      await expect(readRepository(io)).rejects.toMatchObject({ code: 'cosign.trust-root' })
    },
  )
})
