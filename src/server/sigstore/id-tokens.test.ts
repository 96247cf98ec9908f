import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { makeClaims, subject } from '../../identity/arrange.ts'
import { acceptedIssuers } from './id-tokens.ts'

const url = 'https://gitlab.example'
const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })

describe('acceptedIssuers', () => {
  const own = { url: 'http://127.0.0.1:7711', publicKey: () => publicKey }
  const issuer = own as unknown as Parameters<typeof acceptedIssuers>[0]['issuer']
  const isJobRunning = async (jobId: number): Promise<boolean> => jobId === 11

  it('asks of a token of our own whether its job still runs, unless it is one for tries', async () => {
    const [ours] = acceptedIssuers({ issuer, isJobRunning, foreign: [] })
    await ours!.admit!(makeClaims())
    await ours!.admit!(makeClaims({ job: { id: 0 }, jobSource: 'wheelseal_token' }))
    await expect(ours!.admit!(makeClaims({ job: { id: 12 } }))).rejects.toMatchObject({
      code: 'identity.token-time',
    })
    await expect(
      ours!.admit!(makeClaims({ ...subject, job: { id: 12 }, jobSource: 'push' })),
    ).rejects.toThrow('has ended')
  })

  it('asks that of no foreign token', () => {
    const foreign = [{ url, audience: 'sigstore', keys: () => undefined }]
    const [ours, theirs, ...others] = acceptedIssuers({ issuer, isJobRunning, foreign })
    expect([ours!.url, theirs, others]).toEqual([own.url, foreign[0], []])
  })

  it('refuses a configured issuer that has our own URL: its keys would speak for our jobs', () => {
    const foreign = [{ url: own.url, audience: 'sigstore', keys: () => undefined }]
    expect(() => acceptedIssuers({ issuer, isJobRunning, foreign })).toThrow(
      expect.objectContaining({ code: 'server.configuration' }),
    )
  })
})
