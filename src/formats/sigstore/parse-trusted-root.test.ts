import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { encodeBase64, encodeHex, sha256, type JsonValue } from '../../base/index.ts'
import { makeTrust, START } from '../../trust/tuf/arrange.ts'
import type { Json } from '../../verify/attacks/arrange.ts'
import { noteKeyId } from '../note/index.ts'
import { parseTrustedRoot, trustedRoot } from './index.ts'

const trust = makeTrust(START, 'https://seal.example:7711')
const whole = (): Json => structuredClone(trustedRoot(trust))
const parse = (json: JsonValue): ReturnType<typeof parseTrustedRoot> => parseTrustedRoot(JSON.stringify(json))
const malformed = expect.objectContaining({ code: 'sigstore.trusted-root' })
const spkiOf = (kind: 'ed25519' | 'rsa'): Uint8Array => {
  const { publicKey } =
    kind === 'rsa' ? generateKeyPairSync('rsa', { modulusLength: 2048 }) : generateKeyPairSync('ed25519')
  return new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))
}

describe('parseTrustedRoot', () => {
  it('reads back what an instance writes', () => {
    const root = parse(whole())
    const validity = { startSeconds: START - 86_400 }
    const log = { baseUrl: 'https://seal.example:7711', validity }
    expect(root.logs).toEqual([{ ...log, spki: trust.rekor, idHex: encodeHex(sha256(trust.rekor)) }])
    expect(root.ctLogs).toEqual([{ ...log, spki: trust.ct, idHex: encodeHex(sha256(trust.ct)) }])
    expect(root.certificateAuthorities[0]?.chain.map(({ der }) => der)).toEqual(trust.chain)
    expect(root.timestampAuthorities[0]).toMatchObject({
      uri: 'https://seal.example:7711/api/v1/timestamp',
      validity,
    })
  })

  it('reads several of each, with spans of time that end', () => {
    const json = whole()
    json.tlogs.push(structuredClone(json.tlogs[0]))
    json.tlogs[1].publicKey.validFor = { start: '2026-01-01T00:00:00.250Z', end: '2027-01-01T00:00:00.750Z' }
    json.certificateAuthorities.push(json.certificateAuthorities[0])
    const { logs, certificateAuthorities } = parse(json)
    expect(certificateAuthorities).toHaveLength(2)
    // Whole seconds inside of the span.
    expect(logs[1]?.validity).toEqual({ startSeconds: 1_767_225_601, endSeconds: 1_798_761_600 })
  })

  it('reads the log of Rekor 2, under whatever id it stands', () => {
    const json = whole()
    const spki = spkiOf('ed25519')
    const id = noteKeyId('log1.rekor.example', spki)
    const log = (keyId: Uint8Array): Json => ({
      baseUrl: 'https://log1.rekor.example/path',
      hashAlgorithm: 'SHA2_256',
      publicKey: {
        rawBytes: encodeBase64(spki),
        keyDetails: 'PKIX_ED25519',
        validFor: { start: '2026-01-01T00:00:00Z' },
      },
      logId: { keyId: encodeBase64(keyId) },
      checkpointKeyId: null,
      operator: 'example',
    })
    json.tlogs.push(log(id))
    expect(parse(json).logs[1]).toMatchObject({ spki, idHex: encodeHex(id) })
    // `cosign trusted-root create` without an origin: no entry bears that id, and none is found.
    json.tlogs[1] = log(sha256(spki))
    expect(parse(json).logs[1]).toMatchObject({ spki, idHex: encodeHex(sha256(spki)) })
  })

  it('reads the bare RSA key of an old CT log', () => {
    const spki = spkiOf('rsa')
    const json = whole()
    const bare = Buffer.from(spki.subarray(spki.length - 270)).toString('base64')
    Object.assign(json.ctlogs[0].publicKey, { rawBytes: bare, keyDetails: 'PKCS1_RSA_PKCS1V5' })
    expect(parse(json).ctLogs[0]?.spki).toEqual(spki)
  })

  it('reads cosign’s with empty lists, and without the URLs of logs and authorities', () => {
    expect(parse({ mediaType: whole().mediaType })).toEqual({
      logs: [],
      ctLogs: [],
      certificateAuthorities: [],
      timestampAuthorities: [],
    })
    const json = whole()
    for (const one of [json.tlogs[0], json.ctlogs[0]]) delete one.baseUrl
    for (const one of [...json.certificateAuthorities, ...json.timestampAuthorities]) {
      delete one.uri
      one.subject = {}
    }
    const { logs, certificateAuthorities } = parse(json)
    expect([logs[0]?.baseUrl, certificateAuthorities[0]?.uri]).toEqual(['', ''])
  })

  it.each<[string, (json: Json) => void]>([
    ['another media type', (json) => (json.mediaType += '1')],
    [
      'the media type of version 0.2, which cosign does not know',
      (json) => (json.mediaType = 'application/vnd.dev.sigstore.trustedroot.v0.2+json'),
    ],
    ['no media type', (json) => delete json.mediaType],
    ['no start of a log', (json) => delete json.tlogs[0].publicKey.validFor.start],
    ['no span of a log', (json) => delete json.tlogs[0].publicKey.validFor],
    ['no start of an authority', (json) => delete json.certificateAuthorities[0].validFor.start],
    ['a start that is no date', (json) => (json.tlogs[0].publicKey.validFor.start = '2026-02-30T00:00:00Z')],
    [
      'a start in another zone',
      (json) => (json.tlogs[0].publicKey.validFor.start = '2026-01-01T00:00:00+02:00'),
    ],
    ['no log id', (json) => delete json.tlogs[0].logId],
    ['another hash', (json) => (json.tlogs[0].hashAlgorithm = 'SHA2_512')],
    ['a key of another kind', (json) => (json.tlogs[0].publicKey.keyDetails = 'PKIX_ED25519')],
    ['a key that is none', (json) => (json.tlogs[0].publicKey.rawBytes = 'AAAA')],
    ['an empty chain', (json) => (json.certificateAuthorities[0].certChain.certificates = [])],
    ['a timestamp authority alone', (json) => json.timestampAuthorities[0].certChain.certificates.pop()],
    [
      'a certificate that is none',
      (json) => (json.certificateAuthorities[0].certChain.certificates[0].rawBytes = 'AAAA'),
    ],
    ['a member that nobody knows', (json) => (json.witnesses = [])],
  ])('refuses the whole for %s', (_what, change) => {
    const json = whole()
    change(json)
    expect(() => parse(json)).toThrow(malformed)
  })

  it('refuses what is no JSON, or has a key twice', () => {
    for (const text of ['', 'x', JSON.stringify(whole()).replace('{', '{"tlogs":[],')])
      expect(() => parseTrustedRoot(text)).toThrow(malformed)
  })
})
