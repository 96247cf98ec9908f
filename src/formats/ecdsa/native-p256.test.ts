import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { derBitString, derOid, derSequence, derUnsigned } from '../der/index.ts'
import { caseOf, CASES } from './arrange.ts'
import { verifyDigest } from './index.ts'
import { verifyInJavaScript, type UnverifiedSignature } from './javascript.ts'
import { verifyP256Natively } from './native-p256.ts'

const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 })
const RUNS_PER_KIND = 40

function encode({ point, digest, compact }: UnverifiedSignature): Parameters<typeof verifyDigest>[0] {
  const algorithm = derSequence(derOid('1.2.840.10045.2.1'), derOid('1.2.840.10045.3.1.7'))
  return {
    spki: derSequence(algorithm, derBitString(point)),
    digest,
    signature: derSequence(derUnsigned(compact.subarray(0, 32)), derUnsigned(compact.subarray(32))),
  }
}

describe('verifyP256Natively', () => {
  it.each(Object.keys(CASES))('gives the answer of the curve library for %s', (kind) => {
    const property = fc.property(seeds, (seed) => {
      const { unverified, expected, isUndecided } = caseOf(kind, seed)
      expect(verifyP256Natively(unverified)).toBe(isUndecided ? undefined : expected)
      expect(verifyInJavaScript('P-256', unverified)).toBe(expected)
      expect(verifyDigest(encode(unverified))).toBe(expected)
    })
    fc.assert(property, { numRuns: RUNS_PER_KIND })
  })

  it('gives the same answer again, and after a refusal', () => {
    const seed = new Uint8Array(32)
    const [good, bad] = [caseOf('a good signature', seed), caseOf('infinity in zeros', seed)]
    for (let round = 0; round < 3; round += 1) {
      expect(verifyP256Natively(good.unverified)).toBe(true)
      expect(verifyP256Natively(bad.unverified)).toBe(false)
    }
  })
})
