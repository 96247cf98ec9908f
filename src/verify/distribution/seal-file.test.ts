import { describe, expect, it } from 'vitest'
import { concatBytes, utf8 } from '../../base/index.ts'
import { writeCertificateFile, writeSignatureFile } from '../../formats/sigstore/index.ts'
import { leaf, signature } from '../arrange.ts'
import { attestation, envelopeBundle, fileBundle, provenance, type Json } from '../attacks/arrange.ts'
import { readSealFile, type SealFile } from '../index.ts'

const bytesOf = (...texts: readonly Json[]): Uint8Array =>
  utf8(texts.map((text) => JSON.stringify(text)).join('\n'))
const read = (kind: 'bundle' | 'provenance', bytes: Uint8Array): SealFile =>
  readSealFile(['x'], { kind, bytes })

describe('a file of seals', () => {
  it('is one bundle, or one a line', () => {
    expect(read('bundle', bytesOf(fileBundle()))).toMatchObject({ layout: 'one object', seals: [{}] })
    const lines = read('bundle', bytesOf(fileBundle(), envelopeBundle()))
    expect(lines).toMatchObject({ layout: 'one a line', seals: [{}, {}] })
    expect(lines).not.toHaveProperty('unreadable')
  })

  it('is one attestation or all of a provenance object, and as a bundle exactly one', () => {
    const both = bytesOf(provenance(attestation(), attestation()))
    expect(read('provenance', both).seals).toHaveLength(2)
    expect(() => read('bundle', both)).toThrow('the bundle has 2 attestations, exactly one is expected')
    expect(read('bundle', bytesOf(attestation())).seals).toHaveLength(1)
  })

  it('is no signature where an attestation was named', () => {
    expect(() => read('provenance', bytesOf(fileBundle()))).toThrow('x is a signature, not an attestation')
  })

  it('keeps the text that it cannot read, of bytes that are no text nothing', () => {
    expect(read('bundle', utf8('['))).toMatchObject({ seals: [], unreadable: '[' })
    expect(read('bundle', new Uint8Array([0x7b, 0xff]))).toMatchObject({ seals: [], unreadable: '' })
    const bom = concatBytes(utf8('\ufeff'), bytesOf(fileBundle()))
    expect(read('bundle', bom).unreadable).toBeDefined()
    const second = bytesOf(fileBundle(), { mediaType: 'x' })
    expect(read('bundle', second)).toMatchObject({ seals: [{}], unreadable: '{"mediaType":"x"}' })
  })

  it('has at most 256 lines', () => {
    const lines = (count: number): Uint8Array => bytesOf(...Array.from({ length: count }, () => ({})))
    expect(() => read('bundle', lines(257))).toThrow('257 bundles in one file, at most 256 are allowed')
    expect(read('bundle', lines(256)).unreadable).toBe('{}')
  })
})

describe('a pair', () => {
  it('has no log entry, and without a certificate none', () => {
    const found = { kind: 'pair', signature: writeSignatureFile(signature) } as const
    expect(readSealFile(['x.sig'], found).seals).toEqual([{ signature, entries: [] }])
    const certificate = writeCertificateFile(leaf.der)
    const [seal] = readSealFile(['x.sig', 'x.crt'], { ...found, certificate }).seals
    expect(seal).toEqual({ signature, certificate: leaf.der, entries: [] })
    expect(() => readSealFile(['x.sig'], { ...found, signature: utf8('!') })).toThrow('base64')
  })
})
