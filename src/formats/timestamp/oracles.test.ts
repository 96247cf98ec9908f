/** What others say of our timestamps, and what we say of theirs. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createPublicKey, sign } from 'node:crypto'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { bundleFromJSON } from '@sigstore/bundle'
import { TrustedRoot } from '@sigstore/protobuf-specs'
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodeBase64, encodeBase64, sha256 } from '../../base/index.ts'
import { certificatePem, parseCertificate } from '../x509/index.ts'
import { chain, craft, info, leaf, leafKey, message, newKey, NOW, root } from './arrange.ts'
import {
  buildTimestampRejection,
  buildTimestampResponse,
  messageImprint,
  parseTimestampRequest,
  parseTimestampResponse,
  verifyTimestamp,
} from './index.ts'

let folder = ''
const at = (name: string): string => join(folder, name)
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wheelseal-timestamp-'))
  writeFileSync(at('message'), message)
  writeFileSync(at('root.pem'), certificatePem(root.der))
  writeFileSync(at('leaf.pem'), certificatePem(leaf.der))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const openssl = (...args: readonly string[]) => spawnSync('openssl', ['ts', ...args], { encoding: 'utf8' })
const query = (...flags: readonly string[]): Uint8Array => {
  execFileSync('openssl', ['ts', '-query', '-data', at('message'), '-out', at('q.tsq'), ...flags], {
    stdio: 'ignore',
  })
  return new Uint8Array(readFileSync(at('q.tsq')))
}
const judge = (response: Uint8Array, ...flags: readonly string[]) => {
  writeFileSync(at('r.tsr'), response)
  const trust = ['-CAfile', at('root.pem'), '-attime', String(NOW)]
  return openssl('-verify', '-in', at('r.tsr'), '-queryfile', at('q.tsq'), ...trust, ...flags)
}

describe('OpenSSL', () => {
  it.each([
    ['-sha256'],
    ['-sha384', '-cert'],
    ['-sha512', '-no_nonce'],
    ['-sha256', '-tspolicy', info.policy],
  ])('verifies the answer to its query with %s %s', (...flags) => {
    const { imprint, nonce, wantsCertificates } = parseTimestampRequest(query(...flags))
    const certificates = wantsCertificates ? [leaf.der] : []
    const parts = { info: { ...info, imprint, nonce }, signer: leaf, key: leafKey.key, certificates }
    const response = buildTimestampResponse(parts)
    const { stdout, status } = judge(response, ...(wantsCertificates ? [] : ['-untrusted', at('leaf.pem')]))
    expect([stdout.trim(), status]).toEqual(['Verification: OK', 0])
    expect(
      verifyTimestamp({ response: parseTimestampResponse(response), stamped: { message }, chain }).ok,
    ).toBe(true)
  })

  it('verifies what the tests craft, so that their refusals are for one reason', () => {
    query('-sha256', '-no_nonce')
    expect(judge(craft(), '-untrusted', at('leaf.pem')).status).toBe(0)
  })

  it('prints why a request was rejected', () => {
    writeFileSync(at('r.tsr'), buildTimestampRejection('unacceptedPolicy', 'no such policy'))
    const { stdout } = openssl('-reply', '-in', at('r.tsr'), '-text')
    expect(stdout).toContain('Status: Rejected.')
    expect(stdout).toContain('no such policy')
    expect(stdout).toContain('requested TSA policy is not supported')
  })
})

describe('sigstore-js', () => {
  const file = Buffer.from('a file')
  const signer = newKey()
  const signature = new Uint8Array(sign('sha256', file, signer.key))
  const trusted = {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [],
    ctlogs: [],
    certificateAuthorities: [],
    timestampAuthorities: [
      {
        uri: 'https://tsa.example',
        certChain: { certificates: chain.map(({ der }) => ({ rawBytes: encodeBase64(der) })) },
        validFor: { start: new Date(leaf.notBeforeSeconds * 1000).toISOString() },
      },
    ],
  }
  const material = toTrustMaterial(TrustedRoot.fromJSON(trusted), () => ({
    publicKey: createPublicKey(signer.key),
    validFor: () => true,
  }))
  const verifier = new Verifier(material, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 1 })
  const verify = (response: Uint8Array): void => {
    const bundle = bundleFromJSON({
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      verificationMaterial: {
        publicKey: { hint: 'key' },
        tlogEntries: [],
        timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp: encodeBase64(response) }] },
      },
      messageSignature: {
        messageDigest: { algorithm: 'SHA2_256', digest: encodeBase64(sha256(file)) },
        signature: encodeBase64(signature),
      },
    })
    verifier.verify(toSignedEntity(bundle, file))
  }
  const stamp = (stamped: Uint8Array, certificates: readonly Uint8Array[] = []): Uint8Array => {
    const imprint = messageImprint('sha256', sha256(stamped))
    return buildTimestampResponse({
      info: { ...info, imprint },
      signer: leaf,
      key: leafKey.key,
      certificates,
    })
  }

  it('verifies a bundle with our timestamp', () => {
    expect(() => verify(stamp(signature))).not.toThrow()
    expect(() => verify(stamp(signature, [leaf.der]))).not.toThrow()
  })

  it('refuses a timestamp of something else', () => {
    expect(() => verify(stamp(file))).toThrow('timestamp could not be verified')
  })
})

/** sigstore-conformance's bundles: timestamps of public Sigstore's staging instance, of FreeTSA and of sigstore-js's mock. */
const cases = join(import.meta.dirname, '../../../../shared/cases/sigstore-conformance/bundle-verify')

interface Case {
  readonly verificationMaterial: {
    readonly timestampVerificationData: { readonly rfc3161Timestamps: readonly [{ signedTimestamp: string }] }
  }
  readonly messageSignature?: { readonly signature: string }
  readonly dsseEnvelope?: { readonly signatures: readonly [{ sig: string }] }
}
interface Root {
  readonly timestampAuthorities: readonly {
    readonly certChain: { readonly certificates: readonly { readonly rawBytes: string }[] }
  }[]
}

describe.skipIf(!existsSync(cases))('the timestamps of sigstore-conformance', () => {
  const read = (name: string): string => readFileSync(join(cases, name), 'utf8')
  const names = globSync('*/trusted_root.json', { cwd: cases })
    .map((file) => dirname(file))
    .filter((name) => read(`${name}/bundle.sigstore.json`).includes('"signedTimestamp"'))

  /** Those that fail for their timestamp alone; whether a time fits a certificate or a trust root is `verify/`'s question. */
  const refused: Readonly<Record<string, RegExp>> = {
    'rekor2-timestamp-outside-tsa-cert-validity_fail': /the certificate has expired/,
    'rekor2-timestamp-payload-mismatch_fail': /the timestamp is for a different signature/,
    'rekor2-timestamp-untrusted-tsa-with-embedded-cert_fail':
      /not signed by the timestamp authority in your trust root/,
    'rekor2-timestamp-untrusted-tsa-without-embedded-cert_fail':
      /not signed by the timestamp authority in your trust root/,
  }

  it('are 30, of which these are refused', () => {
    expect(names.length).toBe(30)
    expect(names).toEqual(expect.arrayContaining(Object.keys(refused)))
  })

  it.each(names)('%s', (name) => {
    const bundle = JSON.parse(read(`${name}/bundle.sigstore.json`)) as Case
    const { timestampAuthorities } = JSON.parse(read(`${name}/trusted_root.json`)) as Root
    const [{ signedTimestamp }] = bundle.verificationMaterial.timestampVerificationData.rfc3161Timestamps
    const signature = bundle.messageSignature?.signature ?? bundle.dsseEnvelope?.signatures[0].sig ?? ''
    const [result] = timestampAuthorities.map(({ certChain }) =>
      verifyTimestamp({
        response: parseTimestampResponse(decodeBase64(signedTimestamp.replaceAll('\n', ''))),
        stamped: { message: decodeBase64(signature) },
        chain: certChain.certificates.map(({ rawBytes }) => parseCertificate(decodeBase64(rawBytes))),
      }),
    )
    const reason = refused[name]
    if (reason === undefined) expect(result).toMatchObject({ ok: true })
    else expect(result).toEqual({ ok: false, reason: expect.stringMatching(reason) as string })
  })
})
