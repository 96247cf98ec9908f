/** What others say of our certificates, and what we say of theirs. */
import { execFileSync } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { X509Certificate } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeHex, sha256 } from '../../base/index.ts'
import { packageRoot } from '../../host/index.ts'
import { intermediate, leaf, makeLeaf, NOW, root, sct } from './arrange.ts'
import {
  certificatePem,
  checkChain,
  embeddedScts,
  fulcioExtension,
  parseCertificate,
  precertificateTbs,
  sctSignedBytes,
  subjectAlternativeNames,
  verifyWithSpki,
  type Certificate,
} from './index.ts'

const text = (der: Uint8Array): string =>
  execFileSync('openssl', ['x509', '-inform', 'DER', '-noout', '-text'], { input: der }).toString()

describe('OpenSSL', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'wheelseal-x509-'))
    writeFileSync(join(folder, 'root.pem'), certificatePem(root.der))
    writeFileSync(join(folder, 'intermediate.pem'), certificatePem(intermediate.der))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const verify = (certificate: Certificate): string => {
    writeFileSync(join(folder, 'leaf.pem'), certificatePem(certificate.der))
    const [trusted, untrusted, file] = ['root', 'intermediate', 'leaf'].map((name) =>
      join(folder, `${name}.pem`),
    ) as [string, string, string]
    const options = [
      '-x509_strict',
      '-check_ss_sig',
      '-attime',
      String(NOW),
      '-CAfile',
      trusted,
      '-untrusted',
      untrusted,
    ]
    return execFileSync('openssl', ['verify', ...options, file], {
      stdio: ['ignore', 'pipe', 'pipe'],
    }).toString()
  }

  it('verifies the chain in its strict mode', () => {
    expect(verify(leaf)).toContain(': OK')
  })

  it('refuses a changed leaf as we do', () => {
    const changed = parseCertificate(leaf.der.with(leaf.der.length - 1, (leaf.der.at(-1) ?? 0) ^ 1))
    expect(() => verify(changed)).toThrow(/certificate signature failure/)
    expect(
      checkChain({ leaf: changed, intermediates: [intermediate], roots: [root], atSeconds: NOW }).ok,
    ).toBe(false)
  })

  it('shows the leaf in the order of the profile', () => {
    const shown = text(leaf.der)
    const parts = [
      'Version: 3 (0x2)',
      'Not Before: Mar 17 17:46:40 2030 GMT',
      'Not After : Mar 17 17:56:40 2030 GMT',
      'X509v3 Key Usage: critical\n                Digital Signature',
      'X509v3 Extended Key Usage: \n                Code Signing',
      'X509v3 Subject Key Identifier',
      'X509v3 Authority Key Identifier',
      'X509v3 Subject Alternative Name: critical\n                URI:https://gitlab.example/group/project//.gitlab-ci.yml@refs/heads/main',
      '1.3.6.1.4.1.57264.1.1: \n                https://gitlab.example',
      '1.3.6.1.4.1.57264.1.8: \n                ..https://gitlab.example',
      'CT Precertificate SCTs',
      `Timestamp : Mar 17 17:46:40.007 2030 GMT`,
    ]
    const places = parts.map((part) => shown.indexOf(part))
    expect(places).not.toContain(-1)
    expect(places).toEqual(places.toSorted((a, b) => a - b))
    expect(shown).not.toContain('Basic Constraints')
  })

  it('shows the authorities as the profile has them', () => {
    const shown = [text(root.der), text(intermediate.der)].map((one) => one.replaceAll(/\s+/g, ' '))
    for (const one of shown) expect(one).toContain('X509v3 Key Usage: critical Certificate Sign, CRL Sign')
    expect(shown[0]).toMatch(/Basic Constraints: critical CA:TRUE X509/)
    expect(shown[0]).not.toContain('Extended Key Usage')
    expect(shown[1]).toContain('Extended Key Usage: Code Signing')
    expect(shown[1]).toContain('Basic Constraints: critical CA:TRUE, pathlen:0')
  })

  it.each([100, 127, 128, 129, 255, 256, 257, 1000])('and node read a name of %i bytes', (length) => {
    const uri = `https://${'a'.repeat(length - 8)}`
    const certificate = parseCertificate(makeLeaf(intermediate, { uri }).complete([sct]))
    expect(subjectAlternativeNames(certificate)).toEqual([{ kind: 'uri', value: uri }])
    expect(new X509Certificate(certificate.der).subjectAltName).toBe(`URI:${uri}`)
    expect(verify(certificate)).toContain(': OK')
  })
})

interface TrustedRoot {
  readonly certificateAuthorities: readonly {
    readonly certChain: { readonly certificates: readonly { readonly rawBytes: string }[] }
  }[]
  readonly ctlogs: readonly { readonly publicKey: { readonly rawBytes: string } }[]
}

/** Bundles of the public-good instance and others, which lie beside the repository. */
const cases = join(packageRoot(), '..', 'shared', 'cases')
const areCasesThere = existsSync(cases)
if (!areCasesThere && process.env['CI'] === 'true') throw new Error(`missing: ${cases}`)
if (!areCasesThere) console.warn(`SKIPPED real certificates, because this is missing: ${cases}`)

describe.runIf(areCasesThere)('real certificates', () => {
  const bytesOf = (encoded: string): Uint8Array => new Uint8Array(Buffer.from(encoded, 'base64'))
  const read = (): Certificate[] => {
    const raw = globSync(join(cases, '**', '*.json')).flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/"rawBytes":\s*"(MII[^"]+)"/g)].map(
        ([, encoded]) => encoded ?? '',
      ),
    )
    return [...new Set(raw)]
      .map(bytesOf)
      .filter(isCertificate)
      .map((der) => parseCertificate(der))
  }
  const isCertificate = (der: Uint8Array): boolean => {
    try {
      return new X509Certificate(der).serialNumber !== ''
    } catch {
      return false
    }
  }
  const { certificateAuthorities, ctlogs } = areCasesThere
    ? (JSON.parse(readFileSync(join(cases, 'trusted-roots', 'production.json'), 'utf8')) as TrustedRoot)
    : { certificateAuthorities: [], ctlogs: [] }
  const authorities = certificateAuthorities.flatMap(({ certChain }) =>
    certChain.certificates.map(({ rawBytes }) => parseCertificate(bytesOf(rawBytes))),
  )
  const logKeys = ctlogs.map(({ publicKey }) => bytesOf(publicKey.rawBytes))

  it('parse, and are what node says', () => {
    const certificates = read()
    expect(certificates.length).toBeGreaterThan(30)
    for (const certificate of certificates) {
      const node = new X509Certificate(certificate.der)
      expect(encodeHex(certificate.serial)).toBe(node.serialNumber.toLowerCase().replace(/^00/, ''))
      expect(certificate.notAfterSeconds * 1000).toBe(Date.parse(node.validTo))
      const uris = subjectAlternativeNames(certificate).map(
        ({ kind, value }) => `${kind === 'uri' ? 'URI' : kind}:${value}`,
      )
      expect(node.subjectAltName?.replaceAll('"', '') ?? '').toBe(uris.join(', '))
    }
  })

  it('of the public-good instance chain to its roots, with an SCT of its log', () => {
    let proved = 0
    for (const leafOf of read()) {
      const roots = authorities.filter(({ isSelfIssued }) => isSelfIssued)
      const intermediates = authorities.filter(({ isSelfIssued }) => !isSelfIssued)
      const result = checkChain({ leaf: leafOf, intermediates, roots, atSeconds: leafOf.notBeforeSeconds })
      if (!result.ok) continue
      proved += 1
      const [one, ...others] = embeddedScts(leafOf)
      expect(others).toEqual([])
      const log = logKeys.find((spki) => encodeHex(sha256(spki)) === encodeHex(one!.logId))
      const issuerKeyHash = sha256(result.chain[1]!.spki)
      const signed = sctSignedBytes({ ...one!, issuerKeyHash, tbs: precertificateTbs(leafOf) })
      expect(verifyWithSpki(log!, signed, one!.signature)).toBe(true)
      expect(fulcioExtension(leafOf, 1)).toBe(fulcioExtension(leafOf, 8))
    }
    expect(proved).toBeGreaterThan(5)
  })
})
