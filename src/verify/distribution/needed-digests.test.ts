import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { utf8 } from '../../base/index.ts'
import type { SealParts } from '../../formats/sigstore/index.ts'
import { makeLeaf, newKey } from '../arrange.ts'
import { neededDigests } from './needed-digests.ts'

const needed = (seal: Partial<SealParts>, key?: Uint8Array): readonly string[] => {
  const { algorithms, isFileNeeded } = neededDigests(
    [{ signature: new Uint8Array(), entries: [], ...seal }],
    key,
  )
  return [...algorithms, ...(isFileNeeded ? ['the file'] : [])]
}
const ed25519 = new Uint8Array(
  generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' }),
)
const envelopeWith = (digest: string): NonNullable<SealParts['envelope']> => ({
  payload: utf8(
    `{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"x","digest":${digest}}],"predicateType":"x"}`,
  ),
  payloadType: 'x',
})

describe('the digests that seals ask for', () => {
  it('are SHA-256, and that of the curve of the key', () => {
    expect(needed({})).toEqual(['sha256'])
    expect(needed({}, newKey('P-384').spki)).toEqual(['sha256', 'sha384'])
    expect(needed({ certificate: makeLeaf({ spki: newKey('P-521').spki }).der })).toEqual([
      'sha256',
      'sha512',
    ])
    expect(needed({ certificate: new Uint8Array(1) }, newKey('P-384').spki)).toEqual(['sha256'])
  })

  it('are those that a bundle or a statement states', () => {
    expect(needed({ digest: { algorithm: 'sha512', digest: new Uint8Array(64) } })).toEqual([
      'sha256',
      'sha512',
    ])
    expect(needed({ envelope: envelopeWith('{"sha384":"00","md5":"00"}') })).toEqual(['sha256', 'sha384'])
    expect(needed({ envelope: { payload: utf8('x'), payloadType: 'x' } })).toEqual(['sha256'])
  })

  it('are none where Ed25519 signs the file itself', () => {
    expect(needed({}, ed25519)).toEqual(['sha256', 'the file'])
  })

  it('are those of the statement where a key signs an envelope, whatever its kind', () => {
    for (const key of [ed25519, newKey('P-384').spki, newKey('P-521').spki])
      expect(needed({ envelope: envelopeWith('{"sha256":"00"}') }, key)).toEqual(['sha256'])
  })

  it('are of all seals together', () => {
    const [first, second] = [newKey('P-384'), newKey('P-521')].map(({ spki }) => makeLeaf({ spki }).der)
    const seal = { signature: new Uint8Array(), entries: [] }
    const { algorithms } = neededDigests([
      { ...seal, certificate: first! },
      { ...seal, certificate: second! },
    ])
    expect([...algorithms]).toEqual(['sha256', 'sha384', 'sha512'])
  })
})
