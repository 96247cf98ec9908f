import { generateKeyPairSync, hash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { utf8 } from '../../base/index.ts'
import type { SealParts } from '../../formats/sigstore/index.ts'
import { newKey } from '../../verify/arrange.ts'
import type { Artifact } from '../../verify/index.ts'
import { ioWith } from './arrange.ts'
import { artifactOf } from './artifact.ts'

const large = new Uint8Array((256 << 10) + 1).fill(7)
const small = large.subarray(1)
const bytesOf = (algorithm: string, bytes = large): Uint8Array =>
  new Uint8Array(hash(algorithm, bytes, 'buffer'))
const io = ioWith(
  new Map([
    ['large', large],
    ['small', small],
  ]),
)
const known = (path: string, seal: Partial<SealParts> = {}, key?: Uint8Array): Promise<Artifact> =>
  artifactOf(
    { kind: 'file', path },
    {
      seals: [{ signature: new Uint8Array(), entries: [], ...seal }],
      io,
      ...(key === undefined ? {} : { key }),
    },
  )
const ed25519 = (): Uint8Array =>
  new Uint8Array(generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' }))

describe('artifactOf', () => {
  it('holds a small file, which native signatures are over', async () => {
    expect(await known('small')).toEqual({ sha256: bytesOf('sha256', small), bytes: small })
  })

  it('holds the digests of a large one that its seals need, and not its bytes', async () => {
    const [sha256, sha384, sha512] = ['sha256', 'sha384', 'sha512'].map((name) => bytesOf(name))
    expect(await known('large')).toEqual({ sha256 })
    expect(await known('large', {}, newKey('P-384').spki)).toEqual({ sha256, sha384 })
    const digest = { algorithm: 'sha512', digest: new Uint8Array(64) } as const
    expect(await known('large', { digest })).toEqual({ sha256, sha512 })
  })

  it.each(['sha512', String.raw`\u0073ha512`])(
    'holds what the statement of an attestation calls %s',
    async (name) => {
      const statement = `{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"x","digest":{"${name}":"00"}}],"predicateType":"x"}`
      const envelope = { payload: utf8(statement), payloadType: 'x' }
      expect(await known('large', { envelope })).toEqual({
        sha256: bytesOf('sha256'),
        sha512: bytesOf('sha512'),
      })
    },
  )

  it('holds a large one for a key of Ed25519, but not where an envelope is signed', async () => {
    const envelope = { payload: new Uint8Array(), payloadType: 'x' }
    expect((await known('large', {}, ed25519())).bytes).toEqual(large)
    expect((await known('large', { envelope }, ed25519())).bytes).toBeUndefined()
  })
})
