import { describe, expect, it } from 'vitest'
import { concatBytes, utf8 } from '../../base/index.ts'
import { TAG } from '../../formats/der/index.ts'
import {
  intermediate,
  keys,
  leaf,
  makeIntermediate,
  makeLeaf,
  makeRoot,
  newKey,
  NOW,
  root,
  trustRoot,
  withLeaf,
  withSeal,
  request,
  logKey,
  check,
  outcomes,
  refused,
  refusedOnly,
} from '../arrange.ts'
import { verifySeal, type VerifyRequest } from '../index.ts'

describe('attacks on the certificate', () => {
  it('14: refuses the root or an intermediate as a leaf', () => {
    for (const certificate of [root, intermediate]) {
      const changed = withLeaf(certificate)
      expect(outcomes(changed)).toMatchObject({ chain: 'failed', sct: 'failed', identity: 'failed' })
      expect(verifySeal(changed).verified).toBe(false)
    }
  })

  it('14: refuses a certificate that may not sign code', () => {
    const codeSigning = Buffer.from(concatBytes(new Uint8Array([TAG.oid, 8]), oidBytes(3)))
    const der = Buffer.from(leaf.der)
    der.set(concatBytes(new Uint8Array([TAG.oid, 8]), oidBytes(1)), der.indexOf(codeSigning))
    refused(withSeal({ certificate: new Uint8Array(der) }), 'code-signing')
  })

  it('14: refuses a certificate of another authority, also one with the same names', () => {
    const otherKey = newKey()
    const otherRoot = makeRoot(otherKey)
    const issuer = makeIntermediate(otherRoot, { issuerKey: otherKey.key, spki: keys.stranger.spki })
    expect(issuer.subjectDer).toEqual(intermediate.subjectDer)
    const certificateAuthorities = [{ roots: [otherRoot], intermediates: [issuer] }]
    refused({ ...request, trustRoot: { ...trustRoot, certificateAuthorities } }, 'chain')
    const leafOfOther = makeLeaf({ issuerKey: keys.stranger.key })
    expect(outcomes(withLeaf(leafOfOther))).toMatchObject({ chain: 'failed', sct: 'undecided' })
    refused(withLeaf(leafOfOther), 'chain')
  })

  it('14: refuses when the intermediate had expired, at either time', () => {
    const early = makeIntermediate(root, { notAfterSeconds: NOW - 1 })
    const between = makeIntermediate(root, { notAfterSeconds: NOW + 4 })
    const justSo = makeIntermediate(root, { notAfterSeconds: NOW + 5 })
    const under = (issuer: typeof root): VerifyRequest => ({
      ...request,
      trustRoot: { ...trustRoot, certificateAuthorities: [{ roots: [root], intermediates: [issuer] }] },
    })
    refusedOnly(under(early), 'chain')
    refusedOnly(under(between), 'chain')
    expect(verifySeal(under(justSo)).verified).toBe(true)
  })

  it('14: trusts an authority and a log only in their span of time, ends included', () => {
    const [authority] = trustRoot.certificateAuthorities
    const spans = (validity: object): VerifyRequest => ({
      ...request,
      trustRoot: { ...trustRoot, certificateAuthorities: [{ ...authority!, validity }] },
    })
    expect(verifySeal(spans({ startSeconds: NOW, endSeconds: NOW + 5 })).verified).toBe(true)
    refusedOnly(spans({ startSeconds: NOW + 1 }), 'chain')
    refusedOnly(spans({ endSeconds: NOW + 4 }), 'chain')
    const log = (validity: object): VerifyRequest => ({
      ...request,
      trustRoot: { ...trustRoot, logs: [{ ...logKey(keys.log), validity }] },
    })
    expect(verifySeal(log({ startSeconds: NOW + 5, endSeconds: NOW + 5 })).verified).toBe(true)
    expect(outcomes(log({ endSeconds: NOW + 4 }))).toMatchObject({ checkpoint: 'failed', set: 'failed' })
    const ct = (validity: object): VerifyRequest => ({
      ...request,
      trustRoot: { ...trustRoot, ctLogs: [{ ...logKey(keys.ct), validity }] },
    })
    expect(verifySeal(ct({ startSeconds: NOW, endSeconds: NOW })).verified).toBe(true)
    refusedOnly(ct({ endSeconds: NOW - 1 }), 'sct')
  })

  it('9: takes nothing for a trust root but the trust root', () => {
    const empty = { certificateAuthorities: [], logs: [], ctLogs: [] }
    expect(outcomes({ ...request, trustRoot: empty })).toMatchObject({
      chain: 'failed',
      sct: 'undecided',
      checkpoint: 'failed',
      set: 'failed',
    })
    refused({ ...request, trustRoot: empty }, 'chain')
  })

  it.each([
    ['from an unknown log', [{ key: keys.stranger }]],
    ['over another certificate', [{ tbs: utf8('another one') }]],
    ['for another issuer', [{ issuer: root }]],
    ['of which the second is from an unknown log', [{}, { key: keys.stranger }]],
    ['of which the first does not verify', [{ tbs: utf8('another one') }, {}]],
  ])('13: refuses SCTs %s', (_what, scts) => {
    refusedOnly(withLeaf(makeLeaf({ scts })), 'sct')
  })

  it('13: refuses a certificate without an SCT list, and accepts two SCTs that verify', () => {
    expect(verifySeal(withLeaf(makeLeaf({ scts: [{}, { timestampMs: NOW * 1000 + 1 }] }))).verified).toBe(
      true,
    )
    expect(check(withLeaf(intermediate), 'sct')).toMatchObject({ outcome: 'failed', found: 'none' })
  })
})

/** id-kp 1.3.6.1.5.5.7.3.N */
function oidBytes(last: number): Uint8Array {
  return new Uint8Array([0x2b, 6, 1, 5, 5, 7, 3, last])
}
