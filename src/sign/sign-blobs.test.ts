import { generateKeyPairSync, verify, type KeyObject } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { encodeBase64Url, Secret, sha256, utf8, type JsonValue } from '../base/index.ts'
import type { DsseProposal, HashedRekord, LogEntry } from '../formats/sigstore/index.ts'
import { buildLeaf, buildRoot, certificatePem, parseCertificate } from '../formats/x509/index.ts'
import {
  certify,
  readToken,
  signBlobs,
  type CertificateRequest,
  type SignedBlob,
  type SignRequest,
} from './index.ts'

const NOW = 1_900_000_000
const serial = new Uint8Array([1])
const spkiOf = (key: KeyObject): Uint8Array => new Uint8Array(key.export({ type: 'spki', format: 'der' }))
const { privateKey: issuerKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const validity = { serial, notBeforeSeconds: NOW, notAfterSeconds: NOW + 600 }
const rootDer = buildRoot({
  ...validity,
  name: { organization: 'example.test', commonName: 'root' },
  key: issuerKey,
  spki: spkiOf(publicKey),
})

const claims = { sub: 'project_path:acme/app', aud: 'sigstore', exp: NOW + 60 }
const tokenOf = (payload: JsonValue): Secret => {
  const part = (json: JsonValue): string => encodeBase64Url(utf8(JSON.stringify(json)))
  return new Secret(`${part({ alg: 'RS256' })}.${part(payload)}.AAAA`)
}

function certificateFor(spki: Uint8Array): Uint8Array {
  const issuer = parseCertificate(rootDer)
  const uri = 'https://gitlab.example/acme/app'
  return buildLeaf({ ...validity, spki, issuer, issuerKey, uri, extensions: [] }).complete([])
}

interface Asked {
  readonly certificates: CertificateRequest[]
  readonly entries: HashedRekord[]
}

/** An authority and a log that note what they are asked. */
function services(changes: Partial<SignRequest> = {}): {
  readonly request: SignRequest
  readonly asked: Asked
} {
  const asked: Asked = { certificates: [], entries: [] }
  const request: SignRequest = {
    blobs: ['a', 'b', 'c'].map((name) => ({ name, sha256: sha256(utf8(name)) })),
    token: tokenOf(claims),
    clock: { nowMs: () => NOW * 1000, sleep: async () => undefined },
    authority: {
      issue: async (one) => {
        asked.certificates.push(one)
        return [certificateFor(one.publicKey), rootDer]
      },
    },
    log: {
      append: async (proposed) => {
        asked.entries.push(proposed as HashedRekord)
        return { logIndex: asked.entries.length } as LogEntry
      },
      find: async () => [],
    },
    ...changes,
  }
  return { request, asked }
}

describe('signBlobs', () => {
  it('asks for one certificate, and proves that it has the key', async () => {
    const { request, asked } = services()
    await signBlobs(request)
    const [{ publicKey: spki, proof, token }, ...others] = asked.certificates as [CertificateRequest]
    expect(others).toEqual([])
    expect(token).toBe(request.token)
    const key = { key: Buffer.from(spki), format: 'der', type: 'spki' } as const
    expect(verify('sha256', utf8(claims.sub), key, proof)).toBe(true)
  })

  it('signs each file, in their order, and logs the signature with the leaf', async () => {
    const { request, asked } = services()
    const signed = await signBlobs(request)
    const names = ['a', 'b', 'c']
    expect(signed).toHaveLength(names.length)
    for (const [at, { signature, chain, entry }] of signed.entries()) {
      const spki = Buffer.from(parseCertificate(chain[0]!).spki)
      const key = { key: spki, format: 'der', type: 'spki' } as const
      expect(verify('sha256', utf8(names[at]!), key, signature)).toBe(true)
      expect(asked.entries[entry.logIndex - 1]).toEqual({
        algorithm: 'sha256',
        digest: sha256(utf8(names[at]!)),
        signature,
        publicKeyPem: certificatePem(chain[0]!),
      })
    }
  })

  it('signs the file itself where it is at hand, which is the same signature for whoever verifies', async () => {
    const { request } = services()
    const blobs = [{ name: 'a', sha256: sha256(utf8('a')), bytes: utf8('a') }]
    const [{ signature, chain }] = (await signBlobs({ ...request, blobs })) as [SignedBlob]
    const spki = Buffer.from(parseCertificate(chain[0]!).spki)
    expect(verify('sha256', utf8('a'), { key: spki, format: 'der', type: 'spki' }, signature)).toBe(true)
  })

  it('asks for no certificate where one is at hand, and signs with its key', async () => {
    const { request, asked } = services()
    const certified = await certify(request)
    const signed = await signBlobs({ ...request, certified })
    expect(asked.certificates).toHaveLength(1)
    expect(signed.map(({ chain }) => chain[0])).toEqual(signed.map(() => certified.leaf))
  })

  it('takes a new key for every call', async () => {
    const [first, second] = [services(), services()]
    await signBlobs(first.request)
    await signBlobs(second.request)
    expect(first.asked.certificates[0]?.publicKey).not.toEqual(second.asked.certificates[0]?.publicKey)
  })

  it('refuses a certificate for another key, and none at all, before it logs anything', async () => {
    for (const chain of [[certificateFor(spkiOf(publicKey)), rootDer], [rootDer], []]) {
      const { request, asked } = services({ authority: { issue: async () => chain } })
      await expect(signBlobs(request)).rejects.toMatchObject({ code: 'sign.certificate' })
      expect(asked.entries).toEqual([])
    }
  })

  it('has every signature stamped where there is an authority for it', async () => {
    const stamp = async (signature: Uint8Array): Promise<Uint8Array> => sha256(signature)
    const signed = await signBlobs(services({ timestamps: { stamp } }).request)
    for (const { signature, timestamp } of signed) expect(timestamp).toEqual(sha256(signature))
    const [unstamped] = await signBlobs(services().request)
    expect(unstamped).not.toHaveProperty('timestamp')
  })

  it('fails as a whole when one entry does', async () => {
    const { request } = services()
    const append = async (proposed: DsseProposal | HashedRekord): Promise<LogEntry> => {
      const { digest } = proposed as HashedRekord
      if (digest[0] === sha256(utf8('b'))[0]) throw new Error('the log is full')
      return request.log.append({ digest } as HashedRekord)
    }
    await expect(signBlobs({ ...request, log: { ...request.log, append } })).rejects.toThrow(
      'the log is full',
    )
  })
})

describe('the token', () => {
  it('says for whom it speaks, without what moves a cursor', () => {
    const gitlab = { ...claims, iss: 'https://gitlab.example', project_path: 'acme/\u001bapp', ref: 'main' }
    const clock = { nowMs: () => NOW * 1000, sleep: async () => undefined }
    expect(readToken(tokenOf(gitlab), { audience: 'sigstore', clock })).toEqual({
      sub: claims.sub,
      expiresAtSeconds: NOW + 60,
      issuer: 'https://gitlab.example',
      project: String.raw`acme/\u{1b}app`,
      ref: 'main',
    })
  })

  it.each([
    ['an audience among several', { ...claims, aud: ['other', 'sigstore'] }],
    ["GitLab's e-mail claim", { ...claims, user_email: 'ada@example.test' }],
  ])('may have %s', async (_what, payload) => {
    expect(await signBlobs(services({ token: tokenOf(payload) }).request)).toHaveLength(3)
  })

  it('is for the audience that is asked for', async () => {
    const { request } = services({ token: tokenOf({ ...claims, aud: 'ours' }), audience: 'ours' })
    expect(await signBlobs(request)).toHaveLength(3)
  })

  it.each([
    ['that has expired', tokenOf({ ...claims, exp: NOW }), 'sign.token-expired'],
    ['without an end', tokenOf({ sub: 'x', aud: 'sigstore' }), 'sign.token-malformed'],
    ['for another audience', tokenOf({ ...claims, aud: 'pypi' }), 'sign.token-audience'],
    ['for several others', tokenOf({ ...claims, aud: ['a', 'b'] }), 'sign.token-audience'],
    ['for nobody', tokenOf({ sub: 'x', exp: NOW + 60 }), 'sign.token-audience'],
    ['for an e-mail address', tokenOf({ ...claims, email: 'a@example.test' }), 'sign.token-email'],
    ['without a subject', tokenOf({ aud: 'sigstore', exp: NOW + 60 }), 'sign.token-malformed'],
    ['with an empty subject', tokenOf({ ...claims, sub: '' }), 'sign.token-malformed'],
    ['whose claims are a list', tokenOf([]), 'sign.token-malformed'],
    ['whose claims are not JSON', new Secret('e30.AAAA.AAAA'), 'sign.token-malformed'],
    ['of two parts', new Secret('e30.e30'), 'sign.token-malformed'],
    ['with a line break', new Secret(`${tokenOf(claims).reveal()}\n`), 'sign.token-malformed'],
    ['that is too long', new Secret(`e30.${'A'.repeat(20_000)}.AAAA`), 'sign.token-malformed'],
    ['that is empty', new Secret(''), 'sign.token-missing'],
  ])('%s is refused before anybody is asked, and never shown', async (_what, token, code) => {
    const { request, asked } = services({ token })
    const failure = signBlobs(request)
    await expect(failure).rejects.toMatchObject({ code })
    if (token.reveal() !== '') await expect(failure).rejects.not.toThrow(token.reveal().slice(0, 200))
    expect(asked.certificates).toEqual([])
  })
})
