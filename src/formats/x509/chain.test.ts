import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  intermediate,
  intermediateKey,
  leaf,
  makeIntermediate,
  makeLeaf,
  makeRoot,
  newKey,
  NOW,
  pending,
  root,
  rootKey,
  sct,
} from './arrange.ts'
import {
  checkChain,
  isSignedBy,
  parseCertificate,
  verifyWithSpki,
  type Certificate,
  type ChainRequest,
} from './index.ts'

const good: ChainRequest = { leaf, intermediates: [intermediate], roots: [root], atSeconds: NOW + 5 }
const reasonOf = (changes: Partial<ChainRequest>): string => {
  const result = checkChain({ ...good, ...changes })
  return result.ok ? 'accepted' : result.reason
}

/** The certificate with extensions added or left out; its signature stays that of the original bytes. */
function withExtensions(
  certificate: Certificate,
  { without = [], more = [] }: { without?: readonly string[]; more?: Certificate['extensions'] },
): Certificate {
  const kept = certificate.extensions.filter(({ oid }) => !without.includes(oid))
  return { ...certificate, extensions: [...kept, ...more] }
}
const KEY_USAGE = '2.5.29.15'
const EKU = '2.5.29.37'
const CONSTRAINTS = '2.5.29.19'
const bytes = (...octets: number[]): Uint8Array => new Uint8Array(octets)

describe('checkChain', () => {
  it('leads from the leaf to the root', () => {
    expect(checkChain(good)).toEqual({ ok: true, chain: [leaf, intermediate, root] })
  })

  it('passes over certificates that do not belong', () => {
    const stranger = makeRoot(newKey())
    expect(
      checkChain({
        ...good,
        intermediates: [stranger, root, intermediate, intermediate],
        roots: [stranger, root],
      }),
    ).toEqual({ ok: true, chain: [leaf, intermediate, root] })
  })

  it('trusts an intermediate that is among the roots', () => {
    expect(checkChain({ ...good, intermediates: [], roots: [intermediate] })).toEqual({
      ok: true,
      chain: [leaf, intermediate],
    })
  })

  it.each([NOW, NOW + 600])('accepts the leaf at second %i', (atSeconds) => {
    expect(reasonOf({ atSeconds })).toBe('accepted')
  })

  it.each([
    ['a second too early', { atSeconds: NOW - 1 }, /the certificate is not yet valid/],
    ['a second too late', { atSeconds: NOW + 601 }, /the certificate has expired/],
    [
      'an expired intermediate',
      { intermediates: [{ ...intermediate, notAfterSeconds: NOW }] },
      /a CA certificate in the chain has expired/,
    ],
    [
      'an expired root',
      { roots: [{ ...root, notAfterSeconds: NOW }] },
      /a CA certificate in the chain has expired/,
    ],
    [
      'a root that is not yet valid',
      { roots: [{ ...root, notBeforeSeconds: NOW + 60 }] },
      /is not yet valid/,
    ],
    ['no root', { roots: [] }, /not issued by an authority in your trust root/],
    ['no intermediate', { intermediates: [] }, /not issued by an authority in your trust root/],
    [
      'a leaf that is trusted itself',
      { roots: [leaf], intermediates: [] },
      /not issued by an authority in your trust root/,
    ],
    ['an authority as leaf', { leaf: intermediate }, /the certificate is a CA certificate/],
    [
      'a precertificate',
      { leaf: parseCertificate(pending.precertificate) },
      /unknown critical extension 1\.3\.6\.1\.4\.1\.11129\.2\.4\.3/,
    ],
    ['a leaf without purpose', { leaf: withExtensions(leaf, { without: [EKU] }) }, /is not for code signing/],
    ['another purpose', { purpose: '1.3.6.1.5.5.7.3.8' }, /is not for time stamping/],
    [
      'a leaf whose key may not sign',
      {
        leaf: withExtensions(leaf, {
          without: [KEY_USAGE],
          more: [{ oid: KEY_USAGE, isCritical: true, value: bytes(3, 2, 5, 0x20) }],
        }),
      },
      /is not for digital signatures \(key usage\)/,
    ],
    [
      'an intermediate that is no authority',
      { intermediates: [withExtensions(intermediate, { without: [CONSTRAINTS] })] },
      /is not a CA certificate/,
    ],
    [
      'an intermediate without key usage',
      { intermediates: [withExtensions(intermediate, { without: [KEY_USAGE] })] },
      /is not for signing certificates \(key usage\)/,
    ],
    [
      'an intermediate for another purpose',
      {
        intermediates: [
          withExtensions(intermediate, {
            without: [EKU],
            more: [{ oid: EKU, isCritical: false, value: bytes(0x30, 4, 6, 2, 0x2a, 3) }],
          }),
        ],
      },
      /may not issue certificates for code signing/,
    ],
    [
      'a root that allows no intermediate',
      {
        roots: [
          withExtensions(root, {
            without: [CONSTRAINTS],
            more: [{ oid: CONSTRAINTS, isCritical: true, value: bytes(0x30, 6, 1, 1, 0xff, 2, 1, 0) }],
          }),
        ],
      },
      /allows 0 CA certificates below it \(path length\), and has 1/,
    ],
    [
      'name constraints',
      {
        intermediates: [
          withExtensions(intermediate, {
            more: [{ oid: '2.5.29.30', isCritical: false, value: bytes(0x30, 0) }],
          }),
        ],
      },
      /name constraints/,
    ],
    [
      'an unknown critical extension above the leaf',
      { roots: [withExtensions(root, { more: [{ oid: '1.2.3', isCritical: true, value: bytes() }] })] },
      /unknown critical extension 1\.2\.3/,
    ],
    [
      'a root of the same name with another key and no key id',
      { roots: [withExtensions(makeRoot(newKey()), { without: ['2.5.29.14'] })] },
      /did not sign the certificate below it/,
    ],
    [
      'a root of the same name with another key',
      { roots: [makeRoot(newKey())] },
      /not issued by an authority in your trust root/,
    ],
    [
      'a changed leaf',
      { leaf: { ...leaf, tbs: leaf.tbs.with(20, 0xff) } },
      /did not sign the certificate below it/,
    ],
    [
      'a signature by an algorithm that is not accepted',
      { leaf: { ...leaf, signatureAlgorithmOid: '1.2.840.10045.4.1' } },
      /did not sign the certificate below it/,
    ],
  ])('refuses %s', (_name, changes, reason) => {
    expect(reasonOf(changes)).toMatch(reason)
  })

  it('accepts a purpose that an authority does not restrict', () => {
    const any = { oid: EKU, isCritical: false, value: bytes(0x30, 6, 6, 4, 0x55, 0x1d, 0x25, 0) }
    const unrestricted = withExtensions(intermediate, { without: [EKU] })
    expect(reasonOf({ intermediates: [unrestricted] })).toBe('accepted')
    expect(reasonOf({ intermediates: [withExtensions(unrestricted, { more: [any] })] })).toBe('accepted')
  })

  it('does not take one authority for another of which it has seen a good signature', () => {
    expect(reasonOf({})).toBe('accepted')
    const changed = (octets: Uint8Array): Uint8Array =>
      octets.with(octets.length - 1, (octets.at(-1) ?? 0) ^ 1)
    const { tbs, signature } = intermediate
    const strangers: readonly Partial<ChainRequest>[] = [
      { intermediates: [{ ...intermediate, signature: changed(signature) }] },
      { intermediates: [{ ...intermediate, tbs: changed(tbs) }] },
      { roots: [{ ...root, spki: newKey().spki }] },
    ]
    for (const stranger of strangers) {
      expect(reasonOf(stranger)).toMatch('did not sign the certificate below it')
    }
  })

  it('does not take one leaf of the trust root for another', () => {
    const own = { leafOf: 'trust root' } as const
    expect(reasonOf(own)).toBe('accepted')
    expect(reasonOf(own)).toBe('accepted')
    const last = leaf.signature.length - 1
    const stranger = { ...leaf, signature: leaf.signature.with(last, (leaf.signature[last] ?? 0) ^ 1) }
    expect(reasonOf({ ...own, leaf: stranger })).toMatch('did not sign the certificate below it')
  })

  it('gives up after 64 signatures, whatever names an enemy repeats', () => {
    const many = Array.from({ length: 500 }, () => ({ ...intermediate }))
    expect(reasonOf({ intermediates: many, roots: [] })).toMatch(/one of too many with the same name/)
  })

  it('gives up after five certificates', () => {
    const copies = Array.from({ length: 5 }, () => ({ ...root }))
    const far = { ...root, subjectDer: bytes(0x30, 0) }
    expect(reasonOf({ intermediates: [intermediate, ...copies], roots: [far] })).not.toBe('accepted')
  })
})

describe('signatures', () => {
  const message = bytes(1, 2, 3)

  it('of certificates are checked with their own hash', () => {
    expect(isSignedBy(leaf, intermediateKey.spki)).toBe(true)
    expect(isSignedBy(leaf, rootKey.spki)).toBe(false)
    expect(isSignedBy({ ...leaf, signatureAlgorithmOid: '1.2.840.10045.4.3.3' }, intermediateKey.spki)).toBe(
      false,
    )
    expect(
      isSignedBy({ ...leaf, signatureAlgorithmOid: '1.2.840.113549.1.1.11' }, intermediateKey.spki),
    ).toBe(false)
    expect(isSignedBy(leaf, bytes(1, 2))).toBe(false)
  })

  it('of a P-384 authority are made and read', () => {
    const key = newKey('P-384')
    const authority = makeRoot(key)
    const one = makeIntermediate(authority, key.key)
    expect(one.signatureAlgorithmOid).toBe('1.2.840.10045.4.3.3')
    const own = parseCertificate(makeLeaf(one).complete([sct]))
    expect(checkChain({ leaf: own, intermediates: [one], roots: [authority], atSeconds: NOW }).ok).toBe(true)
  })

  it('cannot be made with a key of another kind', () => {
    const { privateKey } = generateKeyPairSync('ed25519')
    expect(() => makeIntermediate(root, privateKey)).toThrow(TypeError)
  })

  it('never make verifyWithSpki throw', () => {
    expect(verifyWithSpki(bytes(), message, bytes())).toBe(false)
    expect(verifyWithSpki(rootKey.spki, message, bytes())).toBe(false)
    expect(verifyWithSpki(rootKey.spki.with(40, 0), message, bytes(1))).toBe(false)
  })
})
