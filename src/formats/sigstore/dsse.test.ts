import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { encodeBase64, sha256Hex, utf8, utf8Decode, type JsonValue } from '../../base/index.ts'
import { publicKeyPem } from '../x509/index.ts'
import { dsseBody, dsseSignedBytes, parseDsseProposal } from './dsse.ts'

const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const keyPem = publicKeyPem(new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })))
const pem = encodeBase64(utf8(keyPem))

function envelope(changes: object = {}): string {
  const signatures = [{ sig: encodeBase64(utf8('signature')), keyid: '' }]
  return JSON.stringify({
    payload: encodeBase64(utf8('{}')),
    payloadType: 'application/vnd.in-toto+json',
    signatures,
    ...changes,
  })
}

function proposed(text: string, verifiers: readonly string[] = [pem], more: object = {}): JsonValue {
  const spec = { proposedContent: { envelope: text, verifiers }, ...more }
  return { apiVersion: '0.0.1', kind: 'dsse', spec }
}

describe('parseDsseProposal', () => {
  it('reads an envelope and keeps its text, of which the hash is logged', () => {
    const text = ` ${envelope()} `
    const proposal = parseDsseProposal(proposed(text))
    expect(proposal).toMatchObject({
      payload: utf8('{}'),
      signatures: [utf8('signature')],
      envelopeText: text,
    })
    const body = utf8Decode(dsseBody(proposal, [{ signature: utf8('signature'), publicKeyPem: keyPem }]))
    expect(body).toContain(`"envelopeHash":{"algorithm":"sha256","value":"${sha256Hex(text)}"}`)
  })

  it('reads what sigstore-python sends, with null where the log computes', () => {
    const nulls = { signatures: null, envelopeHash: null, payloadHash: null }
    expect(parseDsseProposal(proposed(envelope(), [pem], nulls))).toEqual(
      parseDsseProposal(proposed(envelope())),
    )
  })

  it.each(['envelopeHash', 'payloadHash', 'signatures'])('refuses a proposal that brings %s', (member) => {
    const hash = { algorithm: 'sha256', value: '0'.repeat(64) }
    const value = member === 'signatures' ? [{ signature: 'AA==', verifier: pem }] : hash
    expect(() => parseDsseProposal(proposed(envelope(), [pem], { [member]: value }))).toThrow(
      expect.objectContaining({ code: 'sigstore.proposed-entry' }),
    )
  })

  it.each([
    ['text that is no JSON', proposed('{')],
    ['an envelope with a key twice', proposed(envelope().replace('{', '{"payload":"e30=",'))],
    ['an envelope without signatures', proposed(envelope({ signatures: [] }))],
    [
      'five signatures',
      proposed(envelope({ signatures: Array.from({ length: 5 }, () => ({ sig: 'AA==' })) })),
    ],
    ['a signature in another alphabet', proposed(envelope({ signatures: [{ sig: '-_8=' }] }))],
    ['a payload that is no base64', proposed(envelope({ payload: '?' }))],
    ['no type', proposed(envelope({ payloadType: '' }))],
    ['an envelope that is too long', proposed(envelope({ payload: encodeBase64(new Uint8Array(25 << 20)) }))],
    ['no verifier', proposed(envelope(), [])],
    ['a verifier that is no key', proposed(envelope(), ['AA=='])],
  ])('refuses %s', (_what, json) => {
    expect(() => parseDsseProposal(json)).toThrow(
      expect.objectContaining({ code: 'sigstore.proposed-entry' }),
    )
  })
})

describe('dsseSignedBytes', () => {
  it("is the protocol's own example", () => {
    const payload = utf8('hello world')
    const signed = utf8Decode(dsseSignedBytes({ payloadType: 'http://example.com/HelloWorld', payload }))
    expect(signed).toBe('DSSEv1 29 http://example.com/HelloWorld 11 hello world')
  })
})

describe('dsseBody', () => {
  it('puts signatures in the order of their base64, whatever the order of the envelope', () => {
    const proposal = parseDsseProposal(proposed(envelope()))
    const [a, b] = ['a', 'b'].map((text) => ({ signature: utf8(text), publicKeyPem: text }))
    expect(dsseBody(proposal, [a!, b!])).toEqual(dsseBody(proposal, [b!, a!]))
  })
})
