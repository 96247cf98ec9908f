import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sha256 } from '../../src/base/index.ts'
import { sshFingerprint } from '../../src/formats/x509/index.ts'
import { keys, policy, SAN } from '../../src/verify/arrange.ts'
import {
  bytes,
  envelopeBundle,
  fileBundle,
  fileBundle2,
  type Json,
} from '../../src/verify/attacks/arrange.ts'
import { artifactOf, trustRootFromJson, verifyBundle, type CheckName } from '../../src/verify/index.ts'
import { cosign3, present } from '../support/judges.ts'
import { root as checkout } from '../support/program.ts'
import { temporaryFolder } from '../support/server.ts'
import { cosignVerdict } from './cosign-verdict.ts'
import {
  edSigned,
  intoto,
  logged1,
  logged2,
  loggedAsFile,
  ofSha512,
  provenance,
  rootWith,
  shortRsa,
  signedBy,
  signer,
  trustedRootJson,
  twice,
  unknownEntry,
  unknownSct,
  withEmail,
  withKeyId,
  withNames,
  withoutKeyUsage,
  withoutOldIssuer,
} from './letter-seals.ts'
import { STAMPS } from './letter-stamps.ts'

interface LetterCase {
  readonly bundle: Json
  readonly file?: Uint8Array
  /** Where a named key must have signed, DER SubjectPublicKeyInfo. */
  readonly key?: Uint8Array
  /** Ours; left out where it is verified. `trust-root`: the root itself is refused. */
  readonly refusal?: CheckName | 'trust-root'
  /** What cosign 3.1.2 said. */
  readonly isAcceptedByCosign: boolean
  readonly row?: string
  readonly trustedRoot?: Json
}

const accepted = (bundle: Json, more: Partial<LetterCase> = {}): LetterCase => ({
  bundle,
  isAcceptedByCosign: true,
  ...more,
})
const refused = (bundle: Json, refusal: LetterCase['refusal'] & string, more: Partial<LetterCase> = {}) => ({
  bundle,
  refusal,
  isAcceptedByCosign: false,
  ...more,
})
/** Where we refuse and cosign does not; `row` is that of docs/reference/cosign.md, which says why. */
const stricter = (
  row: string,
  bundle: Json,
  { refusal, ...more }: Partial<LetterCase> & Required<Pick<LetterCase, 'refusal'>>,
): LetterCase => ({ bundle, refusal, row, isAcceptedByCosign: true, ...more })

const { prehashed, pure } = edSigned()
const rsa = signer('rsa')
const short = shortRsa(rsa)
const ofRsa = (signature: Uint8Array): Json =>
  logged1({ spki: rsa.spki, signature, hash: 'sha256', file: short.file })
const p384 = signer('ec', 'P-384')
const with256 = signedBy(p384, 'sha256')
const P384 = 'PKIX_ECDSA_P384_SHA_384'
const named = signer('ec')

const CASES: Readonly<Record<string, LetterCase>> = {
  'a file': accepted(fileBundle()),
  'a file of Rekor 2': accepted(fileBundle2()),
  'an attestation': accepted(envelopeBundle(provenance())),
  'an attestation that was logged as a file': refused(loggedAsFile(), 'entry'),
  'a key id, which is the fingerprint of the key': accepted(withKeyId(sshFingerprint(keys.leaf.spki))),
  'another key id': refused(withKeyId('x'), 'signature'),
  'an RSA signature that begins with a zero': accepted(ofRsa(short.signature), { file: short.file }),
  'the same without the zero': refused(ofRsa(short.signature.slice(1)), 'signature', { file: short.file }),
  'an entry of intoto': accepted(intoto()),
  'one with its payload, in base64 of base64': accepted(intoto(twice)),
  'one with its payload in base64': refused(
    intoto((content, payload) => (content.envelope.payload = payload)),
    'entry',
  ),
  'one with another payload': refused(
    intoto((content) => twice(content, 'e30=')),
    'entry',
  ),
  'one with its payload under another type': refused(
    intoto((content, payload) => {
      twice(content, payload)
      content.envelope.payloadType = 'x'
    }),
    'entry',
  ),
  'one with its payload, by a key that signs with SHA-384': refused(intoto(twice, p384), 'entry'),
  'Ed25519 in Rekor 2': accepted(logged2({ ...prehashed, keyDetails: 'PKIX_ED25519_PH' })),
  'Ed25519 in Rekor 2, under the name of plain Ed25519': refused(
    logged2({ ...prehashed, keyDetails: 'PKIX_ED25519' }),
    'entry',
  ),
  'an attestation by Ed25519 in Rekor 2': accepted(logged2({ ...pure, keyDetails: 'PKIX_ED25519_PH' })),
  'the same under the name of plain Ed25519': refused(
    logged2({ ...pure, keyDetails: 'PKIX_ED25519' }),
    'entry',
  ),
  'a named key of P-256 in Rekor 2': accepted(
    logged2({ ...signedBy(named, 'sha256'), keyDetails: 'PKIX_ECDSA_P256_SHA_256', isKey: true }),
    { key: named.spki },
  ),
  'a named key of P-384 in Rekor 2, which signs with SHA-256': refused(
    logged2({ ...with256, keyDetails: P384, isKey: true }),
    'entry',
    { key: p384.spki },
  ),
  'a certificate of P-384 in Rekor 2': accepted(logged2({ ...signedBy(p384, 'sha384'), keyDetails: P384 })),
  'a certificate of P-384 in Rekor 2 over SHA-256': refused(
    logged2({ ...with256, keyDetails: P384 }),
    'signature',
  ),
  'a certificate of P-384 in Rekor 1 over SHA-256': stricter('curve-hash', logged1(with256), {
    refusal: 'signature',
  }),
  'a certificate without key usage': stricter('key-usage', withoutKeyUsage(), { refusal: 'chain' }),
  'an e-mail address with the text of a URI': accepted(withEmail()),
  'a trust root of version 0.2': refused(
    fileBundle(),
    'trust-root',
    rootWith((root) => (root.mediaType = 'application/vnd.dev.sigstore.trustedroot.v0.2+json')),
  ),
  'a trust root without the URL of its log': accepted(
    fileBundle(),
    rootWith((root) => delete root.tlogs[0].baseUrl),
  ),
  'the same for Rekor 2': refused(
    fileBundle2(),
    'checkpoint',
    rootWith((root) => delete root.tlogs[1].baseUrl),
  ),
  'a log whose URL has no scheme': accepted(
    fileBundle(),
    rootWith((root) => (root.tlogs[0].baseUrl = 'rekor.example')),
  ),
  'a log with another name than its URL': stricter('log-name', fileBundle(), {
    refusal: 'checkpoint',
    ...rootWith((root) => (root.tlogs[0].baseUrl = 'https://10.0.0.1')),
  }),
  'a log of Rekor 2 under another id': accepted(
    fileBundle(),
    rootWith((root) => (root.tlogs[1].logId.keyId = root.ctlogs[0].logId.keyId)),
  ),
  'the same, and a seal of that log': refused(
    fileBundle2(),
    'checkpoint',
    rootWith((root) => (root.tlogs[1].logId.keyId = root.ctlogs[0].logId.keyId)),
  ),
  'a trust root with null for what is not set': stricter('null', fileBundle(), {
    refusal: 'trust-root',
    ...rootWith((root) => (root.certificateAuthorities[0].subject = null)),
  }),
  'an authority that is trusted since ever': stricter('trust-span', fileBundle(), {
    refusal: 'trust-root',
    ...rootWith((root) => delete root.certificateAuthorities[0].validFor),
  }),
  'a timestamp': accepted(STAMPS.good.bundle, STAMPS.good),
  'a timestamp by an RSA key of 2048 bits': accepted(STAMPS.rsa2048.bundle, STAMPS.rsa2048),
  'a timestamp by an RSA key of 4096 bits': accepted(STAMPS.rsa4096.bundle, STAMPS.rsa4096),
  'a timestamp that does not name its certificate': stricter('stamp-certificate', STAMPS.unnamed.bundle, {
    ...STAMPS.unnamed,
    refusal: 'timestamp',
  }),
  'a timestamp with a fraction of a second': stricter('stamp-fraction', STAMPS.fraction.bundle, {
    ...STAMPS.fraction,
    refusal: 'timestamp',
  }),
  'a second timestamp, by nobody who is known': stricter('all-evidence', STAMPS.withAnother.bundle, {
    ...STAMPS.withAnother,
    refusal: 'timestamp',
  }),
  'a second SCT, of a log that is not known': stricter('all-evidence', unknownSct(), { refusal: 'sct' }),
  'a second entry, of a log that is not known': stricter('all-evidence', unknownEntry(), {
    refusal: 'checkpoint',
  }),
  'a certificate with two names': stricter('one-name', withNames(SAN, 'https://x.example/'), {
    refusal: 'identity',
  }),
  'an issuer in the newer extension alone': stricter('issuer-twice', withoutOldIssuer(), {
    refusal: 'identity',
  }),
  'a subject with SHA-512 alone': stricter('subject-sha256', ofSha512(), { refusal: 'attestation' }),
  'null for a member of a bundle': stricter(
    'null',
    { ...fileBundle(), dsseEnvelope: null },
    { refusal: 'bundle' },
  ),
}

/** What we say, by the file and by its digest alone. */
function ours({ bundle, file = bytes, key, trustedRoot = trustedRootJson() }: LetterCase): readonly string[] {
  try {
    const trustRoot = trustRootFromJson(JSON.stringify(trustedRoot))
    const who = key === undefined ? { policy } : { key }
    return [artifactOf(file), { sha256: sha256(file) }].map((artifact) => {
      const verdict = verifyBundle({ bundle: JSON.stringify(bundle), artifact, trustRoot, ...who })
      return verdict.verified ? 'verified' : verdict.reason.replace('verify.', '')
    })
  } catch (error) {
    expect(error).toMatchObject({ code: 'sigstore.trusted-root' })
    return ['trust-root']
  }
}

describe('by the letter', () => {
  it.each(Object.entries(CASES))('%s', (_what, one) => {
    const [byFile, byDigest] = ours(one)
    expect(byFile).toBe(one.refusal ?? 'verified')
    // Some keys sign what the SHA-256 does not tell; nothing is verified by it that is not by the file.
    if (one.refusal !== undefined) expect(byDigest).not.toBe('verified')
  })
})

it('is stricter in what the reference lists, and the reference lists nothing else', () => {
  const page = readFileSync(join(checkout, 'docs', 'reference', 'cosign.md'), 'utf8')
  const section = page.slice(page.indexOf('## Stricter than'), page.indexOf('## Differences'))
  const listed = [...section.matchAll(/^\| `([a-z0-9-]+)` \|/gm)].map(([, row]) => row)
  const used = Object.values(CASES).flatMap(({ row }) => row ?? [])
  expect(listed).toEqual([...new Set(used)].toSorted())
})

describe.runIf(present(cosign3))('cosign 3.1.2', () => {
  let folder: { path: string; remove: () => Promise<void> }
  beforeAll(async () => void (folder = await temporaryFolder()))
  afterAll(() => folder.remove())

  it.each(Object.entries(CASES))('of %s', async (_what, one) => {
    const { isAccepted } = await cosignVerdict(folder.path, one)
    expect(isAccepted).toBe(one.isAcceptedByCosign)
  })
})
