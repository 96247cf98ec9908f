/** Attacks that a seal must survive, each under the number that the project's list gives it. */
import { generateKeyPairSync, sign } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { canonicalJson, encodeBase64, sha256, sha256Hex, utf8 } from '../../base/index.ts'

import { setSignedBytes } from '../../formats/sigstore/index.ts'

import { entry, keys, makeEntry, makeLeaf, newKey, NOW, root, signature } from '../arrange.ts'
import { artifactOf, type TrustRoot } from '../index.ts'
import {
  attestation,
  bytes,
  checkpoint2,
  envelopeBundle,
  fileBundle,
  fileBundle2,
  FILE_NAME,
  LOG_2,
  log2Spki,
  makeTimestamp,
  makeTsaLeaf,
  refuses,
  refusesOnly,
  signEnvelope,
  statement,
  tlogEntry,
  tsaLeaf,
  verifies,
  wholeRoot,
  type Json,
} from './arrange.ts'

const b64 = encodeBase64
const material = (bundle: Json): Json => bundle.verificationMaterial
const firstEntry = (bundle: Json): Json => material(bundle).tlogEntries[0]
const withEntry = (change: (logged: Json, bundle: Json) => void, bundle = fileBundle()): Json => {
  change(firstEntry(bundle), bundle)
  return bundle
}
const stamped = (...timestamps: readonly Uint8Array[]): Json => {
  const bundle = fileBundle2()
  const list = timestamps.map((der) => ({ signedTimestamp: b64(der) }))
  material(bundle).timestampVerificationData.rfc3161Timestamps = list
  return bundle
}
describe('attacks on log, time, attestation and file', () => {
  it('7: an expired certificate and no time that anybody vouches for', () => {
    refusesOnly(stamped(), 'time')
    const unpromised = withEntry((logged) => delete logged.inclusionPromise)
    expect(firstEntry(unpromised).integratedTime).not.toBe('0')
    refusesOnly(unpromised, 'time')
  })

  it('8: a time outside of the certificate, of the log or of an authority', () => {
    for (const seconds of [NOW - 1, NOW + 601, NOW + 1e9]) {
      const made = makeEntry({ integratedTimeSeconds: seconds })
      refusesOnly(
        withEntry((_logged, bundle) => (material(bundle).tlogEntries = [tlogEntry(made)])),
        'time',
      )
    }
    verifies(stamped(makeTimestamp(signature, { timeSeconds: NOW + 600 })))
    refusesOnly(stamped(makeTimestamp(signature, { timeSeconds: NOW + 601 })), 'time')
    const late = makeTimestamp(signature, { timeSeconds: NOW + 601 })
    const both = fileBundle()
    material(both).timestampVerificationData.rfc3161Timestamps = [{ signedTimestamp: b64(late) }]
    refusesOnly(both, 'time')
  })

  it('10: another log key, origin or hint, and cosignatures without the signature of the log', () => {
    const note = (change: (text: string) => string, bundle = fileBundle()): Json =>
      withEntry((logged) => {
        const { checkpoint } = logged.inclusionProof
        checkpoint.envelope = change(checkpoint.envelope)
      }, bundle)
    const other = makeEntry({ log: keys.stranger }).inclusionProof.checkpoint
    refusesOnly(
      note(() => other),
      'checkpoint',
    )
    refuses(
      withEntry((logged) => (logged.logId.keyId = b64(sha256(keys.stranger.spki)))),
      'checkpoint',
    )
    const rootOf = (bundle: Json): Uint8Array =>
      new Uint8Array(Buffer.from(firstEntry(bundle).inclusionProof.rootHash, 'base64'))
    const second = (changes: Parameters<typeof checkpoint2>[1]): Json =>
      note(() => checkpoint2(rootOf(fileBundle2()), changes), fileBundle2())
    verifies(second({}))
    const forged = generateKeyPairSync('ed25519').privateKey
    // Another log's key under the hint of the trusted one.
    refusesOnly(second({ key: forged }), 'checkpoint')
    refusesOnly(second({ name: 'other.example' }), 'checkpoint')
    refusesOnly(second({ origin: 'other.example' }), 'checkpoint')
    refusesOnly(
      note((text) => text.replace(`— ${LOG_2}`, '— witness.example'), fileBundle2()),
      'checkpoint',
    )
    refusesOnly(
      note((text) => `${text.split('— ')[0]}`, fileBundle2()),
      'checkpoint',
    )
    const bad = (text: string): string =>
      text.replace(/(— \S+ )(.)/, (_all, head, hint) => head + (hint === 'A' ? 'B' : 'A'))
    refusesOnly(note(bad), 'checkpoint')
    refusesOnly(note(bad, fileBundle2()), 'checkpoint')
    const swapped = { ...wholeRoot, logs: wholeRoot.logs.map((log) => ({ ...log, spki: log2Spki })) }
    refuses(fileBundle(), 'checkpoint', { trustRoot: swapped })
  })

  it('11: a proof of another leaf, root, size or index', () => {
    const proof = (changes: Json): Json =>
      withEntry((logged) => Object.assign(logged.inclusionProof, changes))
    const hash = b64(sha256(utf8('other')))
    for (const changes of [{ hashes: [hash] }, { hashes: [] }, { logIndex: '1' }, { logIndex: '3' }])
      refusesOnly(proof(changes), 'inclusion')
    refuses(proof({ rootHash: hash }), 'inclusion')
    refuses(proof({ treeSize: '4' }), 'inclusion')
    for (const logIndex of ['-1', '01', '1.5', '99999999999999999999', 1, null])
      refuses(proof({ logIndex }), 'bundle')
    refuses(proof({ hashes: Array.from({ length: 65 }, () => hash) }), 'bundle')
  })

  it('12: an entry about another signature, certificate, file or kind, and the promise of another entry', () => {
    const made = makeEntry({ certificate: makeLeaf() })
    refusesOnly(
      withEntry((_logged, bundle) => (material(bundle).tlogEntries = [tlogEntry(made)])),
      'entry',
    )
    const { made: enveloped } = signEnvelope(statement())
    refusesOnly(
      withEntry((_logged, bundle) => (material(bundle).tlogEntries = [tlogEntry(enveloped, 'dsse')])),
      'entry',
    )
    refusesOnly(
      withEntry((logged) => (logged.kindVersion.kind = 'dsse')),
      'entry',
    )
    refuses(
      withEntry((logged) => (logged.kindVersion.version = '0.0.2')),
      'entry',
    )
    const promise = { body: b64(entry.body), integratedTime: NOW + 5, logId: entry.logId, logIndex: 103 }
    const of103 = b64(new Uint8Array(sign('sha256', setSignedBytes(promise), keys.log.key)))
    refusesOnly(
      withEntry((logged) => (logged.inclusionPromise.signedEntryTimestamp = of103)),
      'set',
    )
    refusesOnly(
      withEntry((logged) => (logged.integratedTime = String(NOW + 6))),
      'set',
    )
    refusesOnly(
      withEntry((logged) => (logged.logIndex = '101')),
      'set',
    )
  })

  it('16: a timestamp of an unknown authority, of its own certificates, over something else, or twice', () => {
    verifies(stamped(makeTimestamp(signature)))
    const stranger = newKey()
    const signer = makeTsaLeaf(stranger)
    refuses(stamped(makeTimestamp(signature, { key: stranger.key, signer })), 'timestamp')
    refuses(stamped(makeTimestamp(signature, { key: stranger.key })), 'timestamp')
    refuses(stamped(makeTimestamp(bytes)), 'timestamp')
    refuses(stamped(makeTimestamp(signature), makeTimestamp(bytes)), 'timestamp')
    const one = makeTimestamp(signature)
    refuses(stamped(one, one), 'timestamp')
    refuses(stamped(utf8('no timestamp')), 'timestamp')
    const without: TrustRoot = { ...wholeRoot, timestampAuthorities: [] }
    refuses(stamped(one), 'timestamp', { trustRoot: without })
    const chain = [tsaLeaf, root]
    const over: TrustRoot = {
      ...wholeRoot,
      timestampAuthorities: [{ chain, validity: { endSeconds: NOW + 6 } }],
    }
    refuses(stamped(one), 'timestamp', { trustRoot: over })
    const untimely = fileBundle()
    material(untimely).timestampVerificationData.rfc3161Timestamps = [
      { signedTimestamp: b64(makeTimestamp(bytes)) },
    ]
    refusesOnly(untimely, 'timestamp')
  })

  it('17: a stolen key that has expired, with an authority that lies but without a log', () => {
    const bundle = stamped(makeTimestamp(signature))
    material(bundle).tlogEntries = []
    refusesOnly(bundle, 'logged')
    delete material(bundle).tlogEntries
    refusesOnly(bundle, 'logged')
  })

  it('19: an attestation of two subjects, another version or type, with a predicate, or about another name or digest', () => {
    const digest = { sha256: sha256Hex(bytes) }
    const subject = { name: FILE_NAME, digest }
    const about = (changes: Json): Json => attestation(statement(changes))
    for (const changes of [
      { subject: [subject, subject] },
      { predicateType: 'https://evil.test/attestations/publish/v1' },
      { predicateType: 'https://docs.evil.org/attestations/publish/v1' },
      { predicateType: '' },
      { predicate: { any: 'thing' } },
      { predicate: 'text' },
      { _type: 'https://in-toto.io/Statement/v2' },
      { subject: [{ name: 'demo-1.1-py3-none-any.whl', digest }] },
      { subject: [{ name: FILE_NAME, digest: { sha512: 'ab'.repeat(64) } }] },
      { subject: [{ name: FILE_NAME, digest: { sha256: digest.sha256.toUpperCase() } }] },
      { subject: [{ name: FILE_NAME, digest: {} }] },
    ])
      refusesOnly(about(changes), 'attestation')
    refuses({ ...attestation(), version: 2 }, 'bundle')
    refuses({ ...attestation(), more: 1 }, 'bundle')
  })

  it('20: another payload type, several signatures, base64 of another spelling', () => {
    refusesOnly(envelopeBundle(statement(), 'application/json'), 'attestation')
    const bundle = envelopeBundle()
    bundle.dsseEnvelope.payloadType = 'application/vnd.in-toto+jsoN'
    refuses(bundle, 'signature')
    const [one] = envelopeBundle().dsseEnvelope.signatures
    for (const signatures of [[], [one, one]]) {
      const several = envelopeBundle()
      several.dsseEnvelope.signatures = signatures
      refuses(several, 'bundle')
    }
    for (const change of [
      (text: string) => `${text}\n`,
      (text: string) => ` ${text}`,
      (text: string) => text.replaceAll('=', ''),
    ]) {
      const spelt = envelopeBundle(statement({ predicate: {}, padding: 'x' }))
      const payload = b64(utf8('ab'))
      spelt.dsseEnvelope.payload = change(payload)
      refuses(spelt, 'bundle')
    }
    refusesOnly(envelopeBundle('not json'), 'attestation')
    refusesOnly(envelopeBundle('{"_type":"a","_type":"b"}'), 'attestation')
  })

  it('21: a key that stands twice, deep nesting, a huge file: refused fast', () => {
    const text = JSON.stringify(fileBundle())
    refuses(text.replace('{', '{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json",'), 'bundle')
    refuses(text.replace('{', `{"x":${'['.repeat(5000)}${']'.repeat(5000)},`), 'bundle')
    const started = performance.now()
    refuses(text + ' '.repeat(100 << 20), 'bundle')
    expect(performance.now() - started).toBeLessThan(1000)
  })

  it('22: the seal of one version on the file of another, and the same bytes under another name', () => {
    const next = artifactOf(utf8('the bytes of the next wheel'), 'demo-1.1-py3-none-any.whl')
    refuses(fileBundle(), 'signature', { artifact: next })
    refusesOnly(attestation(), 'attestation', { artifact: next })
    const renamed = artifactOf(bytes, 'demo-1.1-py3-none-any.whl')
    refusesOnly(attestation(), 'attestation', { artifact: renamed })
    refusesOnly(envelopeBundle(), 'attestation', { artifact: renamed })
  })

  it('70: a kind of entry or a version of bundle that is not known yet', () => {
    const body = utf8(canonicalJson({ apiVersion: '0.0.3', kind: 'hashedrekord', spec: {} }))
    const made = tlogEntry(makeEntry({ body }))
    made.kindVersion.version = '0.0.3'
    refusesOnly(
      withEntry((_logged, bundle) => (material(bundle).tlogEntries = [made])),
      'entry',
    )
    refuses({ ...fileBundle(), mediaType: 'application/vnd.dev.sigstore.bundle.v0.4+json' }, 'bundle')
    refuses({ ...fileBundle(), somethingNew: true }, 'bundle')
  })
})
