import { describe, expect, it } from 'vitest'
import { concatBytes, encodeHex, sha256 } from '../../base/index.ts'
import { derOctetString } from '../der/index.ts'
import { intermediate, leaf, makeLeaf, NOW, pending, root, sct } from './arrange.ts'
import {
  embeddedScts,
  encodeSctList,
  merkleTreeLeaf,
  parseCertificate,
  precertificateTbs,
  sctSignedBytes,
  type Certificate,
} from './index.ts'

const malformed = expect.objectContaining({ code: 'x509.malformed' })
const SCT_LIST = '1.3.6.1.4.1.11129.2.4.2'
const withList = (value: Uint8Array): Certificate => ({
  ...leaf,
  extensions: [{ oid: SCT_LIST, isCritical: false, value }],
})

describe('a leaf before and after its SCT', () => {
  const precertificate = parseCertificate(pending.precertificate)

  it('differs in the last extension only', () => {
    expect(leaf.extensions.slice(0, -1)).toEqual(precertificate.extensions.slice(0, -1))
    expect(precertificate.extensions.at(-1)).toEqual({
      oid: '1.3.6.1.4.1.11129.2.4.3',
      isCritical: true,
      value: new Uint8Array([5, 0]),
    })
    expect(leaf.extensions.at(-1)?.oid).toBe(SCT_LIST)
  })

  it('gives the same bytes to the log', () => {
    expect(precertificateTbs(precertificate)).toEqual(pending.tbs)
    expect(precertificateTbs(leaf)).toEqual(pending.tbs)
  })

  it.each([3, 10, 100, 200, 1000])('does so at lengths around %i bytes more', (more) => {
    for (let length = more; length < more + 8; length += 1) {
      const extensions = [{ arc: 24, value: 'x'.repeat(length * 7) }]
      const one = makeLeaf(intermediate, { extensions })
      const certificate = parseCertificate(one.complete([sct, sct]))
      expect(precertificateTbs(certificate)).toEqual(one.tbs)
      expect(embeddedScts(certificate)).toEqual([sct, sct])
    }
  })

  it('leaves a certificate without either as it is', () => {
    expect(precertificateTbs(root)).toEqual(root.tbs)
  })
})

describe('embeddedScts', () => {
  it('reads back what encodeSctList writes', () => {
    expect(embeddedScts(leaf)).toEqual([sct])
    expect(embeddedScts(root)).toEqual([])
  })

  const list = encodeSctList([sct])
  const changed = (at: number, octet: number): Uint8Array => derOctetString(list.with(at, octet))

  it.each([
    ['an empty list', derOctetString(new Uint8Array([0, 0]))],
    ['no octet string', list],
    ['bytes after the list', derOctetString(concatBytes(list, new Uint8Array(1)))],
    ['bytes after the octet string', concatBytes(derOctetString(list), new Uint8Array(1))],
    ['a list that is cut', derOctetString(list.subarray(0, -1))],
    ['version 2', changed(4, 1)],
    ['a time beyond 2^53', changed(37, 0xff)],
    ['another hash', changed(57, 5)],
    ['another signature algorithm', changed(58, 1)],
    ['an extension vector that is too long', changed(46, 0xff)],
  ])('refuses %s', (_name, value) => {
    expect(() => embeddedScts(withList(value))).toThrow(malformed)
  })

  it('a list that does not fit its length field cannot be written', () => {
    expect(() => encodeSctList([{ ...sct, signature: new Uint8Array(65_536) }])).toThrow(RangeError)
  })
})

describe('what the log signs and hashes', () => {
  const entry = {
    timestampMs: NOW * 1000,
    issuerKeyHash: sha256(intermediate.spki),
    tbs: new Uint8Array([0x30, 0]),
    extensions: new Uint8Array([9]),
  }

  it('is version, type and timestamped entry (RFC 6962 3.2 and 3.4)', () => {
    const time = (NOW * 1000).toString(16).padStart(16, '0')
    const expected = `0000${time}0001${encodeHex(entry.issuerKeyHash)}0000023000000109`
    expect(encodeHex(sctSignedBytes(entry))).toBe(expected)
    expect(encodeHex(merkleTreeLeaf(entry))).toBe(expected)
  })
})
