import { ClientTrustConfig, SigningConfig, TrustedRoot } from '@sigstore/protobuf-specs'
import { toTrustMaterial } from '@sigstore/verify'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { sha256, utf8Decode, type JsonValue } from '../../base/index.ts'
import { makeTrust, START } from '../../trust/tuf/arrange.ts'
import { buildRoot, spkiOf } from '../x509/index.ts'
import { clientTrustConfig, signingConfig, trustedRoot, trustFile } from './index.ts'

const trust = makeTrust(START, 'https://seal.example:7711')
const { tsaChain: _tsaChain, ...withoutTsa } = trust
const start = '2030-03-16T17:46:40Z'
const reread = (document: JsonValue): unknown => JSON.parse(utf8Decode(trustFile(document)))

describe('trustedRoot', () => {
  const root = TrustedRoot.fromJSON(reread(trustedRoot(trust)))

  it('says nothing that the schema does not know', () => {
    // The library writes milliseconds.
    const inMilliseconds = JSON.stringify(trustedRoot(trust)).replaceAll(start, start.replace('Z', '.000Z'))
    expect(JSON.parse(JSON.stringify(TrustedRoot.toJSON(root)))).toEqual(JSON.parse(inMilliseconds))
  })

  it('has the media type that Go and Python compare', () => {
    expect(root.mediaType).toBe('application/vnd.dev.sigstore.trustedroot+json;version=0.1')
  })

  it('names both logs by the digest of their keys, valid from a day before', () => {
    for (const [log, spki] of [
      [root.tlogs[0]!, trust.rekor],
      [root.ctlogs[0]!, trust.ct],
    ] as const) {
      expect(new Uint8Array(log.publicKey!.rawBytes!)).toEqual(spki)
      expect(new Uint8Array(log.logId!.keyId)).toEqual(sha256(spki))
      expect(log.publicKey!.validFor).toEqual({ start: new Date((START - 86_400) * 1000) })
      expect(log.baseUrl).toBe('https://seal.example:7711')
    }
  })

  it('has the root certificate last, and the subject of it', () => {
    const [authority] = root.certificateAuthorities
    const [timestamps] = root.timestampAuthorities
    const bytes = (chain: typeof authority) =>
      chain!.certChain!.certificates.map(({ rawBytes }) => new Uint8Array(rawBytes))
    expect(bytes(authority)).toEqual(trust.chain)
    expect(bytes(timestamps)).toEqual(trust.tsaChain)
    expect(authority!.subject).toEqual({ organization: 'seal.example:7711', commonName: 'wheelseal' })
    expect(timestamps!.subject?.commonName).toBe('wheelseal-tsa-root')
    expect(timestamps!.uri).toBe('https://seal.example:7711/api/v1/timestamp')
  })

  it('spells a subject as its certificate does, whatever characters it has', () => {
    const name = { organization: 'ä, "b" \\ c; <d>+e=f\n#', commonName: ' #x ' }
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const serial = Uint8Array.of(1)
    const validity = { notBeforeSeconds: START, notAfterSeconds: START + 60 }
    const odd = buildRoot({ name, key: privateKey, spki: spkiOf(privateKey), serial, ...validity })
    expect(trustedRoot({ ...trust, chain: [odd] })).toMatchObject({
      certificateAuthorities: [{ subject: name }],
    })
  })

  it('leaves TLS as it is in a process that has not used it yet', async () => {
    const module = new URL('index.ts', import.meta.url).href
    const script = `
      const { parentPort, workerData } = require('node:worker_threads')
      import('${module}').then(({ trustedRoot }) => {
        trustedRoot(workerData)
        parentPort.postMessage(typeof process.getBuiltinModule('node:tls').createSecureContext)
      })`
    const [type] = await once(new Worker(script, { eval: true, workerData: trust }), 'message')
    expect(type).toBe('function')
  })

  it('is trust material for sigstore-js', () => {
    const material = toTrustMaterial(root)
    expect(material.certificateAuthorities).toHaveLength(1)
    expect(material.timestampAuthorities).toHaveLength(1)
    expect([material.tlogs.length, material.ctlogs.length]).toEqual([1, 1])
  })

  it('has no timestamp authority where there is none', () => {
    expect(trustedRoot(withoutTsa)['timestampAuthorities']).toEqual([])
  })

  it.each(['P-384', 'P-521'])(
    'refuses a log key of %s, of which cosign 2 would say so only when it verifies',
    (namedCurve) => {
      const { publicKey } = generateKeyPairSync('ec', { namedCurve })
      const rekor = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))
      expect(() => trustedRoot({ ...trust, rekor })).toThrow(TypeError)
    },
  )

  it('refuses an empty chain', () => {
    expect(() => trustedRoot({ ...trust, chain: [] })).toThrow(TypeError)
  })
})

describe('signingConfig', () => {
  const service = (path = '') => [
    {
      url: `https://seal.example:7711${path}`,
      majorApiVersion: 1,
      validFor: { start: new Date(start) },
      operator: 'seal.example:7711',
    },
  ]

  it('sends signers to every service of the instance', () => {
    const read = SigningConfig.fromJSON(reread(signingConfig(trust)))
    expect(read).toMatchObject({
      mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
      caUrls: service(),
      oidcUrls: service(),
      rekorTlogUrls: service(),
      tsaUrls: service('/api/v1/timestamp'),
    })
    expect(signingConfig(trust)).toMatchObject({
      rekorTlogConfig: { selector: 'ANY' },
      tsaConfig: { selector: 'ANY' },
    })
  })

  it('says nothing of timestamps where there is no authority for them', () => {
    expect(Object.keys(signingConfig(withoutTsa)).filter((name) => name.startsWith('tsa'))).toEqual([])
  })
})

describe('clientTrustConfig', () => {
  it('is both in one', () => {
    const read = ClientTrustConfig.fromJSON(reread(clientTrustConfig(trust)))
    expect(read.mediaType).toBe('application/vnd.dev.sigstore.clienttrustconfig.v0.1+json')
    expect(read.trustedRoot).toEqual(TrustedRoot.fromJSON(trustedRoot(trust)))
    expect(read.signingConfig).toEqual(SigningConfig.fromJSON(signingConfig(trust)))
  })
})
