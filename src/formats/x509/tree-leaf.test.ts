import { describe, expect, it } from 'vitest'
import { concatBytes, decodeHex, sha256, utf8 } from '../../base/index.ts'
import { certificateTreeLeaf, merkleTreeLeaf, precertificateOfLeaf } from './index.ts'

const entry = {
  timestampMs: 0x0102030405,
  issuerKeyHash: sha256(utf8('issuer')),
  tbs: utf8('tbs'),
  extensions: new Uint8Array(),
}

describe('a leaf of RFC 6962 §3.4', () => {
  it('for a certificate has version, type, time, entry type, certificate and no extensions', () => {
    expect(certificateTreeLeaf(0x0102030405, utf8('der'))).toEqual(
      concatBytes(decodeHex('000000000001020304050000000003'), utf8('der'), decodeHex('0000')),
    )
  })

  it('for a precertificate gives back what it is about', () => {
    const { issuerKeyHash, tbs } = entry
    expect(precertificateOfLeaf(merkleTreeLeaf(entry))).toEqual({ issuerKeyHash, tbs })
  })

  it('for anything else is not about a precertificate', () => {
    expect(precertificateOfLeaf(certificateTreeLeaf(1, utf8('der')))).toBeUndefined()
    expect(precertificateOfLeaf(merkleTreeLeaf(entry).with(0, 1))).toBeUndefined()
  })

  it('is refused when it is cut or has more behind it', () => {
    const leaf = merkleTreeLeaf(entry)
    expect(() => precertificateOfLeaf(leaf.slice(0, -1))).toThrow(/expected \d+ more bytes/)
    expect(() => precertificateOfLeaf(concatBytes(leaf, leaf))).toThrow(/extra bytes at the end/)
  })
})
