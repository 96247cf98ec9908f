/** Attacks that a seal must survive, each under the number that the project's list gives it. */
import { describe, expect, it } from 'vitest'
import { concatBytes, encodeBase64, encodeHex, sha256Hex, utf8 } from '../../base/index.ts'
import { derImplicit, derOid, derSequence, derUnsigned, derUtf8String } from '../../formats/der/index.ts'

import { OID } from '../../formats/x509/index.ts'
import {
  craftLeaf,
  extension,
  intermediate,
  ISSUER,
  keys,
  leaf,
  makeIntermediate,
  makeLeaf,
  makeRoot,
  newKey,
  NOW,
  policy,
  root,
  SAN,
  signature,
  signDigestOf,
  trustRoot,
} from '../arrange.ts'
import { artifactOf, exactly, gitLabRule, verifyBundle } from '../index.ts'
import {
  bytes,
  fileBundle,
  FILE_NAME,
  refuses,
  refusesOnly,
  requestOf,
  verifies,
  wholeRoot,
  withCertificate,
  type Json,
} from './arrange.ts'

const b64 = encodeBase64
const material = (bundle: Json): Json => bundle.verificationMaterial
const named = (uri: string): Json => withCertificate(makeLeaf({ uri }))
const names = (...all: readonly (readonly [number, string])[]): Uint8Array =>
  derSequence(...all.map(([kind, value]) => derImplicit(kind, utf8(value))))
const withNames = (value: Uint8Array): Json =>
  withCertificate(
    craftLeaf((extensions) =>
      extensions.map((one) =>
        Buffer.from(one).includes(Buffer.from(derOid(OID.subjectAlternativeName)))
          ? extension(OID.subjectAlternativeName, true, value)
          : one,
      ),
    ),
  )

describe('attacks on the signature and its signer', () => {
  it('2: a pipeline that is an e-mail address with the text of its URI', () => {
    const source = extension(`${OID.fulcio}.12`, false, derUtf8String(`${ISSUER}/acme/app`))
    const of = (kind: number): Json =>
      withCertificate(
        craftLeaf((all) => [
          ...all.map((one) =>
            Buffer.from(one).includes(Buffer.from(derOid(OID.subjectAlternativeName)))
              ? extension(OID.subjectAlternativeName, true, names([kind, SAN]))
              : one,
          ),
          source,
        ]),
      )
    const project = gitLabRule({ issuer: ISSUER, project: 'acme/app', refs: ['refs/heads/main'] })
    verifies(of(6), { policy: { anyOf: [project] } })
    refusesOnly(of(1), 'identity', { policy: { anyOf: [project] } })
    const { checks } = verifyBundle(requestOf(of(1), { policy: { anyOf: [project] } }))
    expect(checks.find(({ name }) => name === 'identity')).toMatchObject({
      reason: 'the identity in the certificate is an e-mail address',
      expected: `a URI: ${SAN}`,
    })
  })

  it('1: the signature of file A attached to file B', () => {
    const other = artifactOf(utf8('other bytes'), FILE_NAME)
    refuses(fileBundle(), 'signature', { artifact: other })
    const verdict = verifyBundle(requestOf(fileBundle(), { artifact: other }))
    expect(verdict.checks.find(({ name }) => name === 'signature')).toMatchObject({
      expected: `sha256:${encodeHex(other.sha256)}`,
      found: `sha256:${sha256Hex(bytes)}`,
    })
    const lying = fileBundle()
    lying.messageSignature.messageDigest.digest = b64(other.sha256)
    refuses(lying, 'signature', { artifact: other })
    refusesOnly(lying, 'signature')
    delete lying.messageSignature.messageDigest
    refuses(lying, 'bundle')
  })

  it.each([
    ['a project with the same prefix', SAN.replace('/app//', '/app-evil//')],
    ['a project with the same suffix', SAN.replace('acme/app', 'evil/acme/app')],
    ['a name that is a pattern for the right one', SAN.replace('gitlab.example', 'gitlab-example')],
    ['the same in another case', SAN.replace('acme', 'Acme')],
  ])('2: another identity, %s', (_what, san) => {
    refusesOnly(named(san), 'identity')
    const expecting = {
      anyOf: [{ san: exactly(san.replace('-example', '.example')), issuer: exactly(ISSUER) }],
    }
    if (san.includes('-example')) refusesOnly(named(san), 'identity', { policy: expecting })
  })

  it('3: the same project, another branch or a merge request', () => {
    for (const ref of ['refs/heads/feature', 'refs/merge-requests/7/head'])
      refusesOnly(named(SAN.replace('refs/heads/main', ref)), 'identity')
  })

  it('4: the same ref, another file', () => {
    refusesOnly(named(SAN.replace('.gitlab-ci.yml', 'other.yml')), 'identity')
  })

  it('5: an issuer that looks alike, and one that stands in the old extension only', () => {
    for (const issuer of [`${ISSUER}.evil.test`, `${ISSUER}/`, ISSUER.replace('https', 'http')]) {
      const extensions = [1, 8].map((arc) => ({ arc, value: issuer }))
      refusesOnly(withCertificate(makeLeaf({ extensions })), 'issuer')
    }
    refuses(withCertificate(makeLeaf({ extensions: [{ arc: 1, value: ISSUER }] })), 'identity')
    const both = (first: string): Json =>
      withCertificate(
        craftLeaf((extensions) => [
          ...extensions.filter((one) => !Buffer.from(one).includes(ISSUER)),
          extension(`${OID.fulcio}.1`, false, utf8(first)),
          extension(`${OID.fulcio}.8`, false, derUtf8String(ISSUER)),
        ]),
      )
    refuses(both('https://evil.test'), 'identity')
  })

  it('6: several names, a name of another kind, NUL, line breaks and Unicode in it', () => {
    verifies(withNames(names([6, SAN])))
    refuses(withNames(names([6, SAN], [6, 'https://evil.test/x'])), 'identity')
    refuses(withNames(names([6, 'https://evil.test/x'], [6, SAN])), 'identity')
    refuses(withNames(names([2, SAN])), 'identity')
    refuses(withNames(names([6, SAN.replace('https', 'HTTPS')])), 'identity')
    const certificateOf = (tail: string): Json => {
      const bundle = fileBundle()
      const der = Buffer.from(makeLeaf({ uri: SAN + '~'.repeat(utf8(tail).length) }).der)
      der.set(utf8(tail), der.indexOf(`${SAN}~`) + SAN.length)
      material(bundle).certificate.rawBytes = der.toString('base64')
      return bundle
    }
    for (const tail of ['\0', '\n', 'é', '\u202e']) refuses(certificateOf(tail), 'certificate')
  })

  it('9: a trust root that the bundle brings along', () => {
    const otherKey = newKey()
    const otherRoot = makeRoot(otherKey)
    const otherIssuer = makeIntermediate(otherRoot, { issuerKey: otherKey.key, spki: keys.stranger.spki })
    const theirs = makeLeaf({
      issuer: otherIssuer,
      issuerKey: keys.stranger.key,
      scts: [{ issuer: otherIssuer }],
    })
    refuses(withCertificate(theirs), 'chain')
    const chain = (...others: readonly Uint8Array[]): Json => {
      const bundle = withCertificate(theirs)
      bundle.mediaType = 'application/vnd.dev.sigstore.bundle+json;version=0.2'
      delete material(bundle).certificate
      const certificates = [theirs.der, ...others].map((der) => ({ rawBytes: b64(der) }))
      material(bundle).x509CertificateChain = { certificates }
      return bundle
    }
    refuses(chain(otherIssuer.der), 'chain')
    refuses(chain(otherIssuer.der, otherRoot.der), 'bundle')
    for (const member of ['trustedRoot', 'tlogs', 'certificateAuthorities'])
      refuses({ ...fileBundle(), [member]: {} }, 'bundle')
  })

  it('13: an SCT that is missing, of an unknown log, or over another certificate', () => {
    refuses(withCertificate(makeLeaf({ scts: [{ key: keys.stranger }] })), 'sct')
    refuses(withCertificate(makeLeaf({ scts: [{ tbs: utf8('another one') }] })), 'sct')
    refuses(withCertificate(makeLeaf({ scts: [{}, { key: keys.stranger }] })), 'sct')
    refuses(withCertificate(makeLeaf({ scts: [] })), 'sct')
  })

  it('14: an authority as leaf, another root of the same name, an unknown critical extension, a span that is over', () => {
    refuses(withCertificate(root), 'code-signing')
    refuses(withCertificate(intermediate), 'chain')
    const theirs = makeLeaf({ issuerKey: keys.stranger.key })
    refuses(withCertificate(theirs), 'chain')
    const critical = craftLeaf((extensions) => [...extensions, extension('1.2.3.4', true, derSequence())])
    refusesOnly(withCertificate(critical), 'chain')
    verifies(
      withCertificate(craftLeaf((extensions) => [...extensions, extension('1.2.3.4', false, derSequence())])),
    )
    const [authority] = trustRoot.certificateAuthorities
    const over = { ...authority!, validity: { endSeconds: NOW + 4 } }
    refusesOnly(fileBundle(), 'chain', { trustRoot: { ...wholeRoot, certificateAuthorities: [over] } })
  })

  it('15: another encoding of the signature, a hash that does not belong to the key', () => {
    const signed = (other: Uint8Array): Json => {
      const bundle = fileBundle()
      bundle.messageSignature.signature = b64(other)
      return bundle
    }
    const ber = concatBytes(new Uint8Array([0x30, 0x81]), signature.subarray(1))
    const zero = derUnsigned(new Uint8Array([0]))
    for (const other of [
      ber,
      concatBytes(signature, new Uint8Array(1)),
      derSequence(zero, zero),
      new Uint8Array(64).fill(1),
    ])
      refuses(signed(other), 'signature')
    for (const curve of ['P-384', 'P-521']) {
      const key = newKey(curve)
      const bundle = withCertificate(makeLeaf({ spki: key.spki }))
      bundle.messageSignature.signature = b64(signDigestOf('the bytes of a wheel', key))
      refuses(bundle, 'signature')
    }
  })

  it('nobody may sign when neither an identity nor a key was asked for', () => {
    const { policy: _policy, ...nobody } = requestOf(fileBundle())
    expect(verifyBundle(nobody)).toMatchObject({ verified: false, reason: 'verify.identity' })
    refuses(fileBundle(), 'identity', { policy: { anyOf: [] } })
    expect(policy.anyOf).toHaveLength(1)
    expect(leaf.der.length).toBeGreaterThan(0)
  })
})
