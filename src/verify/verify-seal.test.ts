import {
  constants,
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  type KeyPairKeyObjectResult,
} from 'node:crypto'
import { ed25519ph } from '@noble/curves/ed25519.js'
import { describe, expect, it } from 'vitest'
import { concatBytes, encodeBase64, encodeHex, sha256, sha256Hex, utf8 } from '../base/index.ts'
import { derSequence, derUnsigned } from '../formats/der/index.ts'
import {
  hashedRekordBody,
  type DigestAlgorithm,
  type LogEntry,
  readHashedRekordBody,
  setSignedBytes,
} from '../formats/sigstore/index.ts'
import { certificatePem } from '../formats/x509/index.ts'
import {
  artifact,
  entry,
  ISSUER,
  keys,
  makeEntry,
  makeLeaf,
  newKey,
  NOW,
  request,
  SAN,
  signature,
  signDigestOf,
  trustRoot,
  withSeal,
  type SealRequest,
  type TestKey,
  check,
  outcomes,
  refused,
  refusedOnly,
} from './arrange.ts'
import { artifactOf, verifySeal, CHECK_NAMES } from './index.ts'

describe('verifySeal', () => {
  it('verifies a seal that is as it should be, and says who, when and where', () => {
    const verdict = verifySeal(request)
    expect(verdict).toMatchObject({
      verified: true,
      identity: { san: SAN, issuer: ISSUER },
      signedAtSeconds: NOW + 5,
      logIndex: 102,
    })
    const absent = ['bundle', 'key', 'claims', 'timestamp', 'attestation']
    expect(verdict.checks.map(({ name, outcome }) => [name, outcome])).toEqual(
      CHECK_NAMES.map((name) => [name, absent.includes(name) ? 'not-applicable' : 'passed']),
    )
  })

  it('names the checkpoints that it rests on, and no other', () => {
    const { inclusionProof, logId } = entry
    const { checkpoint: note, rootHash } = inclusionProof
    const own = { logId, origin: 'rekor.example - 17', size: 3, rootHash: encodeHex(rootHash), note }
    expect(verifySeal(request).checkpoints).toEqual([own])
    const unsigned = note.replace(/[A-Za-z0-9](?==*\n$)/, (last) => (last === 'A' ? 'B' : 'A'))
    const forged = { ...entry, inclusionProof: { ...inclusionProof, checkpoint: unsigned } }
    expect(verifySeal(withSeal({ entries: [forged] }))).not.toHaveProperty('checkpoints')
    const { inclusionProof: _, ...without } = entry
    expect(verifySeal(withSeal({ entries: [without] }))).not.toHaveProperty('checkpoints')
  })

  it('knows the log of a checkpoint by its key, whatever id its trust root gives it', () => {
    const log = newKey()
    const body = entry.body
    const made = { ...makeEntry({ body, log }), logId: entry.logId }
    const { signedEntryTimestamp: _, ...forged } = made
    const claiming = { ...trustRoot, logs: [{ spki: log.spki, idHex: entry.logId }] }
    const promise = setSignedBytes({
      body: encodeBase64(body),
      integratedTime: made.integratedTimeSeconds,
      logId: entry.logId,
      logIndex: made.logIndex,
    })
    const signedEntryTimestamp = new Uint8Array(sign('sha256', promise, log.key))
    const asked = withSeal({ entries: [{ ...forged, signedEntryTimestamp }] })
    const { verified, checkpoints } = verifySeal({ ...asked, trustRoot: claiming })
    expect([verified, checkpoints?.map(({ logId }) => logId)]).toEqual([true, [sha256Hex(log.spki)]])
  })

  it('evaluates everything that can be, after the first failure too', () => {
    const changed = { ...withSeal({ signature: signDigestOf('other') }), policy: { anyOf: [] } }
    expect(outcomes(changed)).toMatchObject({
      chain: 'passed',
      identity: 'failed',
      signature: 'failed',
      entry: 'failed',
      inclusion: 'passed',
      set: 'passed',
    })
  })

  it('never verifies when nothing at all is there', () => {
    const nothing = { signature: new Uint8Array(), certificate: new Uint8Array(), entries: [] }
    refused(withSeal(nothing), 'certificate')
  })
})

describe('attacks on the signature and the bytes', () => {
  it('1: refuses the seal of another file, and names both digests', () => {
    const other = { sha256: sha256(utf8('other bytes')) }
    refused({ ...request, artifact: other }, 'signature')
    expect(check({ ...request, artifact: other }, 'entry')).toMatchObject({
      outcome: 'failed',
      expected: `sha256:${encodeHex(other.sha256)}`,
      found: `sha256:${encodeHex(artifact.sha256)}`,
    })
  })

  it('refuses a signature by another key over the same bytes', () => {
    const other = signDigestOf('the bytes of a wheel', keys.stranger)
    const body = hashedRekordBody({ ...readHashedRekordBody(entry.body), signature: other })
    refusedOnly(withSeal({ signature: other, entries: [makeEntry({ body })] }), 'signature')
  })

  it('15: refuses BER, bytes after the signature, and the compact form', () => {
    const ber = concatBytes(new Uint8Array([0x30, 0x81]), signature.subarray(1))
    const trailing = concatBytes(signature, new Uint8Array(1))
    const zeros = derSequence(derUnsigned(new Uint8Array([0])), derUnsigned(new Uint8Array([0])))
    for (const changed of [ber, trailing, zeros, new Uint8Array(64).fill(1)]) {
      refused(withSeal({ signature: changed }), 'signature')
    }
  })

  it.each(['P-384', 'P-521'])('15: refuses a %s key with SHA-256', (curve) => {
    const key = newKey(curve)
    const certificate = makeLeaf({ spki: key.spki })
    const other = signDigestOf('the bytes of a wheel', key)
    const body = hashedRekordBody({
      algorithm: 'sha256',
      digest: artifact.sha256,
      signature: other,
      publicKeyPem: certificatePem(certificate.der),
    })
    const changed = withSeal({
      signature: other,
      certificate: certificate.der,
      entries: [makeEntry({ body, certificate })],
    })
    refused(changed, 'entry')
    expect(check(changed, 'signature')).toMatchObject({
      outcome: 'undecided',
      reason: expect.stringContaining('verify the file itself'),
    })
    const whole = { ...changed, artifact: artifactOf(utf8('the bytes of a wheel')) }
    refused(whole, 'signature')
    expect(check(whole, 'entry')).toMatchObject({
      expected: curve === 'P-384' ? 'sha384' : 'sha512',
      found: 'sha256',
    })
  })
})

describe('several entries', () => {
  it('passes over entries about something else', () => {
    const other = makeEntry({ body: utf8('another body'), integratedTimeSeconds: NOW })
    expect(verifySeal(withSeal({ entries: [other, entry, other] }))).toMatchObject({
      verified: true,
      signedAtSeconds: NOW + 5,
    })
    refusedOnly(withSeal({ entries: [other, other] }), 'entry')
  })

  it('takes the earliest time of those that hold, also when a later one would suit better', () => {
    const at = (seconds: number): LogEntry => makeEntry({ integratedTimeSeconds: NOW + seconds })
    expect(verifySeal(withSeal({ entries: [at(9), at(3), at(7)] }))).toMatchObject({
      signedAtSeconds: NOW + 3,
    })
    refusedOnly(withSeal({ entries: [at(3), at(-9)] }), 'time')
  })

  it('never joins the halves of two entries', () => {
    const unpromised = { ...entry, signedEntryTimestamp: signature }
    const unproven = { ...entry, inclusionProof: { ...entry.inclusionProof, hashes: [] } }
    expect(verifySeal(withSeal({ entries: [unpromised, unproven] })).verified).toBe(false)
  })
})

describe('a certificate for another kind of key', () => {
  const bytes = utf8('the bytes of a wheel')
  const files = { sha256: artifact.sha256, bytes }
  const sealOf = (key: TestKey, hash: DigestAlgorithm, other: Uint8Array): SealRequest => {
    const certificate = makeLeaf({ spki: key.spki })
    const digest = new Uint8Array(createHash(hash).update(bytes).digest())
    const publicKeyPem = certificatePem(certificate.der)
    const body = hashedRekordBody({ algorithm: hash, digest, signature: other, publicKeyPem })
    return withSeal({ signature: other, certificate: certificate.der, entries: [makeEntry({ body })] })
  }
  const keyOf = (pair: KeyPairKeyObjectResult): TestKey => ({
    key: pair.privateKey,
    spki: new Uint8Array(pair.publicKey.export({ type: 'spki', format: 'der' })),
  })
  const rsa = keyOf(generateKeyPairSync('rsa', { modulusLength: 2048 }))

  it.each([
    ['P-384', 'sha384'],
    ['P-521', 'sha512'],
  ] as const)('verifies %s over the file or its %s, and says that it needs one of them', (curve, hash) => {
    const key = newKey(curve)
    const changed = sealOf(key, hash, new Uint8Array(sign(hash, bytes, key.key)))
    expect(verifySeal({ ...changed, artifact: files }).verified).toBe(true)
    const digest = new Uint8Array(createHash(hash).update(bytes).digest())
    const known = { sha256: artifact.sha256, [hash]: digest }
    expect(verifySeal({ ...changed, artifact: known }).verified).toBe(true)
    refused(changed, 'signature')
    expect(check(changed, 'signature')?.reason).toContain(`verify the file itself (or its ${hash}`)
    refused({ ...changed, artifact: { ...known, [hash]: digest.toReversed() } }, 'signature')
  })

  it('verifies RSA with PKCS #1 v1.5 over the file or its SHA-256, and no other padding', () => {
    const changed = sealOf(rsa, 'sha256', new Uint8Array(sign('sha256', bytes, rsa.key)))
    for (const one of [files, artifact]) expect(verifySeal({ ...changed, artifact: one }).verified).toBe(true)
    const padding = constants.RSA_PKCS1_PSS_PADDING
    const pss = sealOf(rsa, 'sha256', new Uint8Array(sign('sha256', bytes, { key: rsa.key, padding })))
    for (const one of [files, artifact]) refusedOnly({ ...pss, artifact: one }, 'signature')
    const other = sealOf(rsa, 'sha256', new Uint8Array(sign('sha512', bytes, rsa.key)))
    refusedOnly(other, 'signature')
  })

  it('refuses RSA keys that the algorithm registry does not have', () => {
    for (const options of [{ modulusLength: 1024 }, { modulusLength: 2048, publicExponent: 3 }]) {
      const key = keyOf(generateKeyPairSync('rsa', options))
      refused(sealOf(key, 'sha256', new Uint8Array(sign('sha256', bytes, key.key))), 'certificate')
    }
  })

  it('verifies Ed25519ph over the file, and says that it needs it', () => {
    const seed = new Uint8Array(32).fill(7)
    const prefix = Buffer.from('302e020100300506032b657004220420', 'hex')
    const key = createPrivateKey({ key: Buffer.concat([prefix, seed]), format: 'der', type: 'pkcs8' })
    const made = keyOf({ privateKey: key, publicKey: createPublicKey(key) })
    const changed = sealOf(made, 'sha512', ed25519ph.sign(bytes, seed))
    expect(verifySeal({ ...changed, artifact: files }).verified).toBe(true)
    refused(changed, 'signature')
    expect(check(changed, 'signature')?.reason).toContain('verify the file itself')
    const plain = sealOf(made, 'sha512', new Uint8Array(sign(null, bytes, key)))
    refusedOnly({ ...plain, artifact: files }, 'signature')
    const other = ed25519ph.sign(utf8('other bytes'), seed)
    refusedOnly({ ...sealOf(made, 'sha512', other), artifact: files }, 'signature')
  })

  it('refuses Ed25519ph with a key or an R of small order, under which anybody can sign', () => {
    const zero = new Uint8Array(32)
    zero[0] = 1
    const forged = new Uint8Array(64)
    forged[0] = 1
    const spki = new Uint8Array([...Buffer.from('302a300506032b6570032100', 'hex'), ...zero])
    const made = { key: keys.leaf.key, spki }
    refused({ ...sealOf(made, 'sha512', forged), artifact: files }, 'certificate')
  })
})
