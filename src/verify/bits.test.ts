import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utf8, utf8Decode } from '../base/index.ts'
import { artifact, entry, leaf, makeEntry, request, signature, withSeal } from './arrange.ts'
import { CHECK_NAMES, verifySeal, type VerifyRequest } from './index.ts'

const flipped = (bytes: Uint8Array, bit: number): Uint8Array =>
  bytes.map((octet, at) => (at === bit >> 3 ? octet ^ (1 << (bit & 7)) : octet))

/** Every byte of it changed, or every `step`-th, in one bit that the property chooses. */
const neverVerifies = (bytes: Uint8Array, place: (changed: Uint8Array) => VerifyRequest, step = 1): void => {
  fc.assert(
    fc.property(fc.nat(7), (bit) => {
      for (let at = 0; at < bytes.length; at += step) {
        const verdict = verifySeal(place(flipped(bytes, at * 8 + bit)))
        expect(verdict.verified, `bit ${bit} of byte ${at}`).toBe(false)
        expect(verdict.checks.length).toBe(CHECK_NAMES.length)
      }
    }),
    { numRuns: 1 },
  )
}
const withProof = (changes: object): VerifyRequest =>
  withSeal({ entries: [{ ...entry, inclusionProof: { ...entry.inclusionProof, ...changes } }] })

describe('one changed bit', () => {
  it('in the certificate', () => {
    neverVerifies(leaf.der, (certificate) => withSeal({ certificate }))
  })

  it('in the certificate, with an entry made for it', () => {
    neverVerifies(leaf.der.subarray(0, 40), (head) => {
      const der = Uint8Array.from([...head, ...leaf.der.subarray(40)])
      return withSeal({ certificate: der, entries: [makeEntry({ certificate: { ...leaf, der } })] })
    })
  })

  it('in the signature', () => {
    neverVerifies(signature, (changed) => withSeal({ signature: changed }))
  })

  it('in the digest of the file', () => {
    neverVerifies(artifact.sha256, (sha256) => ({ ...request, artifact: { sha256 } }))
  })

  it('in the promise', () => {
    neverVerifies(entry.signedEntryTimestamp, (signedEntryTimestamp) =>
      withSeal({ entries: [{ ...entry, signedEntryTimestamp }] }),
    )
  })

  it('in the body of the entry', () => {
    neverVerifies(entry.body, (body) => withSeal({ entries: [{ ...entry, body }] }), 37)
  })

  it('in the checkpoint', () => {
    neverVerifies(utf8(entry.inclusionProof.checkpoint), (bytes) => {
      const checkpoint = Buffer.from(bytes).toString()
      expect(checkpoint).not.toBe(utf8Decode(utf8(entry.inclusionProof.checkpoint)))
      return withProof({ checkpoint })
    })
  })

  it('in the proof and its root', () => {
    const [hash = new Uint8Array()] = entry.inclusionProof.hashes
    neverVerifies(hash, (changed) => withProof({ hashes: [changed] }))
    neverVerifies(entry.inclusionProof.rootHash, (rootHash) => withProof({ rootHash }))
  })
})

describe('verifySeal', () => {
  it('never throws and never verifies, whatever stands in a seal', () => {
    const bytes = fc.uint8Array({ maxLength: 200 })
    const hostile = fc.record({
      uuid: fc.string(),
      body: bytes,
      integratedTimeSeconds: fc.double(),
      logId: fc.oneof(fc.string(), fc.constant(entry.logId)),
      logIndex: fc.double(),
      inclusionProof: fc.record({
        checkpoint: fc.string({ unit: 'binary' }),
        hashes: fc.array(bytes),
        logIndex: fc.double(),
        rootHash: bytes,
        treeSize: fc.double(),
      }),
      signedEntryTimestamp: bytes,
    })
    const entries = fc.array(fc.oneof(hostile, fc.constant(entry)), { maxLength: 3 })
    fc.assert(
      fc.property(bytes, fc.oneof(bytes, fc.constant(leaf.der)), entries, (changed, certificate, list) => {
        expect(verifySeal(withSeal({ signature: changed, certificate, entries: list })).verified).toBe(false)
      }),
    )
  })
})
