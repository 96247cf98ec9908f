import { Bundle } from '@sigstore/protobuf-specs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeHex } from '../../base/index.ts'
import { entry, leaf, signature } from '../../verify/arrange.ts'
import { formatBundle, parseSeals } from './index.ts'

const { uuid: _uuid, ...known } = entry
const logged = { ...known, kindVersion: 'hashedrekord 0.0.1' }
const seal = {
  signature,
  certificate: leaf.der,
  digest: { algorithm: 'sha256', digest: new Uint8Array(32).fill(7) },
  entries: [logged],
  timestamps: [new Uint8Array([0x30, 0])],
} as const
const reparsed = (parts: Parameters<typeof formatBundle>[0]): unknown =>
  parseSeals(JSON.stringify(formatBundle(parts)))

const bytes = (min: number, max = min) => fc.uint8Array({ minLength: min, maxLength: max })
const count = fc.maxSafeNat()
const entries = fc.record({
  kindVersion: fc.constantFrom('hashedrekord 0.0.1', 'hashedrekord 0.0.2', 'dsse 0.0.1'),
  body: bytes(1, 200),
  logId: bytes(32).map(encodeHex),
  logIndex: count,
  integratedTimeSeconds: count,
  signedEntryTimestamp: bytes(1, 80),
  inclusionProof: fc.record({
    checkpoint: fc.string({ minLength: 1 }),
    hashes: fc.array(bytes(32), { maxLength: 8 }),
    logIndex: count,
    rootHash: bytes(32),
    treeSize: count,
  }),
})

describe('formatBundle', () => {
  it('writes what parseSeals reads back, whatever it is', () => {
    const parts = fc.record({
      signature: bytes(1, 80),
      entries: fc.array(entries, { maxLength: 3 }),
      timestamps: fc.array(bytes(1, 80), { maxLength: 3 }),
    })
    fc.assert(
      fc.property(parts, (some) => {
        expect(reparsed({ ...seal, ...some })).toEqual([{ ...seal, ...some, format: 'bundle 0.3' }])
      }),
    )
  })

  it('writes an entry of a log that makes no promise', () => {
    const { signedEntryTimestamp: _set, integratedTimeSeconds: _time, ...proved } = logged
    expect(reparsed({ ...seal, entries: [proved] })).toEqual([
      { ...seal, entries: [proved], format: 'bundle 0.3' },
    ])
  })

  it('says nothing that the schema does not know', () => {
    const json = formatBundle(seal)
    expect(Bundle.toJSON(Bundle.fromJSON(json))).toEqual(json)
  })

  it('refuses an entry that no bundle could hold', () => {
    const { inclusionProof: _proof, ...promised } = logged
    for (const one of [promised, known])
      expect(() => formatBundle({ ...seal, entries: [one] })).toThrow('without its kind or its proof')
  })
})
