import { generateKeyPairSync, randomBytes, sign, X509Certificate, type KeyObject } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { bytesEqual, decodeHex, encodeHex, sha256, utf8, type Clock, type Entropy } from '../../base/index.ts'
import { sct } from '../../formats/x509/arrange.ts'
import {
  buildTimestampLeaf,
  checkChain,
  embeddedScts,
  parseCertificate,
  precertificateTbs,
  subjectKeyId,
} from '../../formats/x509/index.ts'
import { makeClaims, NOW } from '../../identity/arrange.ts'
import { readIdentity, type GitLabClaims } from '../../identity/index.ts'
import {
  createAuthority,
  createCertificateAuthority,
  type AuthorityParts,
  type PrecertificateLog,
} from './index.ts'

const YEAR = 31_557_600
const clockAt = (seconds: number): Clock => ({
  nowMs: () => seconds * 1000 + 750,
  sleep: () => Promise.reject(new Error('no sleep')),
})
const entropy: Entropy = { bytes: (length) => new Uint8Array(randomBytes(length)), uuid: () => '' }
const made = createCertificateAuthority({ clock: clockAt(NOW - YEAR), entropy, name: 'gitlab.example' })
const claims = makeClaims()

type Logged = Parameters<PrecertificateLog['addPrecertificate']>[0]

function makeAuthority(changes: Partial<AuthorityParts> = {}) {
  const logged: Logged[] = []
  const authority = createAuthority({
    chain: [made.intermediate.certificate, made.root.certificate],
    key: made.intermediate.key,
    ct: {
      addPrecertificate: (entry) => {
        logged.push(entry)
        return Promise.resolve(sct)
      },
    },
    verifyToken: () => Promise.resolve(claims),
    clock: clockAt(NOW),
    entropy,
    ...changes,
  })
  return { authority, logged }
}

interface Keys {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}
const spkiOf = ({ publicKey }: Keys): Uint8Array =>
  new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' })
interface ProofChanges {
  readonly hash?: string | null
  readonly over?: string
}
function requestOf(keys: Keys = p256, { hash = 'sha256', over = claims.sub }: ProofChanges = {}) {
  return {
    token: 'token',
    publicKey: spkiOf(keys),
    proof: new Uint8Array(sign(hash, utf8(over), keys.privateKey)),
  }
}

describe('createCertificateAuthority', () => {
  const [root, intermediate] = [made.root, made.intermediate].map(({ certificate }) =>
    parseCertificate(certificate),
  )

  it('makes a root for ten years and an intermediate for five, with a start in the past', () => {
    const start = NOW - YEAR - 300
    expect([root!.notBeforeSeconds, root!.notAfterSeconds]).toEqual([start, start + 10 * YEAR])
    expect([intermediate!.notBeforeSeconds, intermediate!.notAfterSeconds]).toEqual([start, start + 5 * YEAR])
    expect(new X509Certificate(made.root.certificate).subject).toBe('O=gitlab.example\nCN=wheelseal')
    expect(new X509Certificate(made.intermediate.certificate).subject).toBe(
      'O=gitlab.example\nCN=wheelseal-intermediate',
    )
  })

  it('has its own keys, names and serials', () => {
    expect(bytesEqual(root!.spki, intermediate!.spki)).toBe(false)
    expect(encodeHex(root!.serial)).not.toBe(encodeHex(intermediate!.serial))
    expect(root!.serial).toHaveLength(20)
    const other = createCertificateAuthority({ clock: clockAt(NOW), entropy, name: 'gitlab.example' })
    expect(subjectKeyId(parseCertificate(other.root.certificate))).not.toEqual(subjectKeyId(root!))
  })
})

describe('issue', () => {
  it('gives leaf, intermediate and root; the leaf names the pipeline for ten minutes', async () => {
    const { authority } = makeAuthority()
    const { chain, san } = await authority.issue(requestOf())
    const [leaf, intermediate, root] = chain.map((der) => parseCertificate(der))
    expect(chain.slice(1)).toEqual([made.intermediate.certificate, made.root.certificate])
    expect([leaf!.notBeforeSeconds, leaf!.notAfterSeconds]).toEqual([NOW, NOW + 600])
    expect(readIdentity(leaf!)).toMatchObject({ san, issuer: 'https://gitlab.example' })
    expect(san).toBe('https://gitlab.example/group/project//.gitlab-ci.yml@refs/heads/main')
    expect(bytesEqual(leaf!.spki, spkiOf(p256))).toBe(true)
    const parts = { leaf: leaf!, intermediates: [intermediate!], roots: [root!] }
    expect(checkChain({ ...parts, atSeconds: NOW }).ok).toBe(true)
  })

  it('logs what it certifies, before it does', async () => {
    const { authority, logged } = makeAuthority()
    const { chain } = await authority.issue(requestOf())
    const leaf = parseCertificate(chain[0]!)
    expect(embeddedScts(leaf)).toEqual([sct])
    expect(logged).toHaveLength(1)
    expect(logged[0]!.tbs).toEqual(precertificateTbs(leaf))
    expect(logged[0]!.issuerKeyHash).toEqual(sha256(parseCertificate(made.intermediate.certificate).spki))
    const precertificate = parseCertificate(logged[0]!.precertificate)
    expect(precertificate.serial).toEqual(leaf.serial)
    expect(precertificate.extensions.at(-1)?.oid).toBe('1.3.6.1.4.1.11129.2.4.3')
  })

  it('never uses a serial twice', async () => {
    const { authority } = makeAuthority()
    const issued = await Promise.all(Array.from({ length: 20 }, () => authority.issue(requestOf())))
    const serials = issued.map(({ chain }) => encodeHex(parseCertificate(chain[0]!).serial))
    expect(new Set(serials).size).toBe(20)
    for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9a-f]{39}$/)
  })

  it.each([
    ['P-384', generateKeyPairSync('ec', { namedCurve: 'P-384' }), 'sha384'],
    ['P-521', generateKeyPairSync('ec', { namedCurve: 'P-521' }), 'sha512'],
    ['Ed25519', generateKeyPairSync('ed25519'), null],
    ['RSA', generateKeyPairSync('rsa', { modulusLength: 2048 }), 'sha256'],
  ])('takes a key of kind %s', async (_name, keys, hash) => {
    const { chain } = await makeAuthority().authority.issue(requestOf(keys, { hash }))
    expect(bytesEqual(parseCertificate(chain[0]!).spki, spkiOf(keys))).toBe(true)
  })

  it.each([
    ['RSA of 1024 bits', generateKeyPairSync('rsa', { modulusLength: 1024 })],
    ['RSA of 2056 bits', generateKeyPairSync('rsa', { modulusLength: 2056 })],
    ['RSA with exponent 65539', generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 65_539 })],
    ['RSA with exponent 3', generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 })],
    ['secp256k1', generateKeyPairSync('ec', { namedCurve: 'secp256k1' })],
  ])('refuses a key of kind %s', async (_name, keys) => {
    const { authority, logged } = makeAuthority()
    await expect(authority.issue(requestOf(keys))).rejects.toMatchObject({
      code: 'authority.key',
      status: 400,
    })
    expect(logged).toEqual([])
  })

  it.each([
    ['identity', '0100000000000000000000000000000000000000000000000000000000000000'],
    ['point of order 2', 'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
    ['point of order 4', '0000000000000000000000000000000000000000000000000000000000000000'],
    ['point of order 8', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'],
    ['number that is no point', '0200000000000000000000000000000000000000000000000000000000000000'],
  ])('refuses an Ed25519 key that is the %s: anybody could sign with it', async (_name, point) => {
    // R is the base point and S is 1: under the identity that holds for every message.
    const base = `58${'66'.repeat(31)}`
    const proof = decodeHex(`${base}01${'00'.repeat(31)}`)
    const { authority, logged } = makeAuthority()
    const publicKey = decodeHex(`302a300506032b6570032100${point}`)
    const issued = authority.issue({ token: 'token', publicKey, proof })
    await expect(issued).rejects.toMatchObject({ code: 'authority.key', status: 400 })
    expect(logged).toEqual([])
  })

  it.each([
    ['over another subject', requestOf(p256, { over: `${claims.sub}x` })],
    [
      'by another key',
      { ...requestOf(), proof: requestOf(generateKeyPairSync('ec', { namedCurve: 'P-256' })).proof },
    ],
    ['with another hash', requestOf(p256, { hash: 'sha512' })],
    ['that is empty', { ...requestOf(), proof: new Uint8Array() }],
    ['that is not DER', { ...requestOf(), proof: new Uint8Array(64) }],
    ['for a key that is not its own', { ...requestOf(), publicKey: spkiOf(generateKeyPairSync('ed25519')) }],
  ])('refuses a proof %s', async (_name, request) => {
    const { authority, logged } = makeAuthority()
    await expect(authority.issue(request)).rejects.toMatchObject({ code: 'authority.proof', status: 400 })
    expect(logged).toEqual([])
  })

  it('passes on why a token is refused, and logs nothing', async () => {
    const refusal = new Error('the job has ended')
    const { authority, logged } = makeAuthority({ verifyToken: () => Promise.reject(refusal) })
    await expect(authority.issue(requestOf())).rejects.toBe(refusal)
    expect(logged).toEqual([])
  })

  it('refuses claims of a pipeline on another host than its issuer', async () => {
    const strange: GitLabClaims = { ...claims, iss: 'https://evil.example' }
    const { authority } = makeAuthority({ verifyToken: () => Promise.resolve(strange) })
    await expect(authority.issue(requestOf())).rejects.toMatchObject({ code: 'identity.claims' })
  })

  it('gives nothing when the log does not answer with an SCT', async () => {
    const broken = new Error('disk full')
    const { authority } = makeAuthority({ ct: { addPrecertificate: () => Promise.reject(broken) } })
    await expect(authority.issue(requestOf())).rejects.toBe(broken)
  })

  it('hands out no certificate that verifiers refuse', async () => {
    const noAuthority = buildTimestampLeaf({
      name: { organization: 'gitlab.example', commonName: 'no authority' },
      spki: parseCertificate(made.intermediate.certificate).spki,
      issuer: parseCertificate(made.root.certificate),
      issuerKey: made.root.key,
      serial: new Uint8Array([1]),
      notBeforeSeconds: NOW - YEAR,
      notAfterSeconds: NOW + YEAR,
    })
    const { authority } = makeAuthority({ chain: [noAuthority, made.root.certificate] })
    await expect(authority.issue(requestOf())).rejects.toMatchObject({
      code: 'authority.chain',
      message: expect.stringContaining('not a CA certificate'),
    })
  })

  it('hands out no certificate whose name others read otherwise', async () => {
    const { ci_config_ref_uri: uri } = claims
    const strange = { ...claims, ci_config_ref_uri: `${uri}?x` }
    const { authority } = makeAuthority({ verifyToken: () => Promise.resolve(strange) })
    await expect(authority.issue(requestOf())).rejects.toMatchObject({ code: 'identity.certificate' })
  })

  it.each([
    ['before its intermediate begins', NOW - YEAR - 301],
    ['that outlives its intermediate', NOW - YEAR - 300 + 5 * YEAR - 599],
    ['after its intermediate has ended', NOW + 5 * YEAR],
  ])('refuses a certificate %s', async (_name, seconds) => {
    const { authority, logged } = makeAuthority({ clock: clockAt(seconds) })
    const refusal = { code: 'authority.validity', status: 503, lasts: true }
    await expect(authority.issue(requestOf())).rejects.toMatchObject(refusal)
    expect(logged).toEqual([])
  })
})

describe('issue, for a certificate request', () => {
  /** AlgorithmIdentifiers, of ECDSA and RSA with SHA-256. */
  const [ecdsa, rsa] = ['300a06082a8648ce3d040302', '300d06092a864886f70d01010b0500'].map(decodeHex)
  const info = utf8('what the key signed')
  const certificateRequestOf = (keys: Keys, algorithm = ecdsa!) => ({
    token: 'token',
    certificateRequest: {
      info,
      spki: spkiOf(keys),
      algorithm,
      signature: new Uint8Array(sign('sha256', info, keys.privateKey)),
    },
  })

  it('certifies the key that signed it', async () => {
    const { chain } = await makeAuthority().authority.issue(certificateRequestOf(p256))
    expect(bytesEqual(parseCertificate(chain[0]!).spki, spkiOf(p256))).toBe(true)
  })

  it('refuses one that another key signed, and one for a weak key', async () => {
    const { authority, logged } = makeAuthority()
    const other = certificateRequestOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }))
    const stolen = { ...other, certificateRequest: { ...other.certificateRequest, spki: spkiOf(p256) } }
    await expect(authority.issue(stolen)).rejects.toMatchObject({ code: 'authority.proof', status: 400 })
    const weak = certificateRequestOf(generateKeyPairSync('rsa', { modulusLength: 1024 }), rsa)
    await expect(authority.issue(weak)).rejects.toMatchObject({ code: 'authority.key', status: 400 })
    expect(logged).toEqual([])
  })
})

describe('createAuthority', () => {
  const other = createCertificateAuthority({ clock: clockAt(NOW), entropy, name: 'gitlab.example' })

  it.each([
    ['a key that is not the intermediate’s', { key: other.intermediate.key }],
    [
      'an intermediate of another root of the same name',
      { chain: [made.intermediate.certificate, other.root.certificate] as const },
    ],
    [
      'the root before the intermediate',
      { chain: [made.root.certificate, made.intermediate.certificate] as const },
    ],
  ])('refuses %s', (_name, changes) => {
    expect(() => makeAuthority(changes)).toThrow(expect.objectContaining({ code: 'authority.chain' }))
  })

  it('refuses certificates that are none', () => {
    expect(() => makeAuthority({ chain: [new Uint8Array(), new Uint8Array()] })).toThrow(
      expect.objectContaining({ code: 'x509.malformed' }),
    )
  })
})
