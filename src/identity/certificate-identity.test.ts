import { describe, expect, it } from 'vitest'
import { utf8 } from '../base/index.ts'
import { derElement, derSequence, derUtf8String } from '../formats/der/index.ts'
import { intermediate, makeLeaf, sct } from '../formats/x509/arrange.ts'
import { parseCertificate, type Certificate } from '../formats/x509/index.ts'
import { ISSUER, makeClaims, subject } from './arrange.ts'
import { certificateIdentity, readIdentity } from './index.ts'

const SAN = 'https://gitlab.example/group/project//.gitlab-ci.yml@refs/heads/main'
const sha = subject.sha

const certificateOf = (claims = makeClaims()): Certificate => {
  const { san: uri, extensions } = certificateIdentity(claims)
  return parseCertificate(makeLeaf(intermediate, { uri, extensions }).complete([sct]))
}
const arc = (number: number): string => `1.3.6.1.4.1.57264.1.${number}`
function withExtension(oid: string, value: Uint8Array | undefined): Certificate {
  const certificate = certificateOf()
  const rest = certificate.extensions.filter((extension) => extension.oid !== oid)
  return {
    ...certificate,
    extensions: value === undefined ? rest : [...rest, { oid, isCritical: false, value }],
  }
}
const names = (...all: readonly (readonly [number, string])[]): Uint8Array =>
  derSequence(...all.map(([kind, value]) => derElement(0x80 | kind, utf8(value))))

describe('certificateIdentity', () => {
  it("is Fulcio's mapping for GitLab", () => {
    expect(certificateIdentity(makeClaims({ environment: 'production' }))).toEqual({
      san: SAN,
      extensions: [
        [1, ISSUER],
        [8, ISSUER],
        [9, SAN],
        [10, sha],
        [11, 'self-hosted'],
        [12, 'https://gitlab.example/group/project'],
        [13, sha],
        [14, 'refs/heads/main'],
        [15, '7'],
        [16, 'https://gitlab.example/group'],
        [17, '3'],
        [18, SAN],
        [19, sha],
        [20, 'push'],
        [21, 'https://gitlab.example/group/project/-/jobs/11'],
        [22, 'private'],
        [23, 'production'],
        [24, 'project_path:group/project:ref_type:branch:ref:main'],
      ].map(([number, value]) => ({ arc: number, value })),
    })
  })

  it('leaves out what is empty, and says tags for tags', () => {
    const { extensions } = certificateIdentity(
      makeClaims({ ref: { name: 'v1', type: 'tag', isProtected: true } }),
    )
    expect(extensions.map(({ arc: number }) => number)).not.toContain(23)
    expect(extensions.find(({ arc: number }) => number === 14)?.value).toBe('refs/tags/v1')
  })

  it('has https in the name and http in the URLs of an instance that speaks http', () => {
    const { san, extensions } = certificateIdentity(makeClaims({}, 'http://127.0.0.1:7711'))
    expect(san).toBe('https://127.0.0.1:7711/group/project//.gitlab-ci.yml@refs/heads/main')
    expect(extensions[3 + 2]?.value).toBe('http://127.0.0.1:7711/group/project')
  })

  it.each(['gitlab.example.evil', 'evil.example', 'gitlab.example:8443'])(
    'refuses a pipeline that says it is on %s',
    (host) => {
      const ci_config_ref_uri = `${host}/group/project//.gitlab-ci.yml@refs/heads/main`
      expect(() => certificateIdentity({ ...makeClaims(), ci_config_ref_uri })).toThrow(
        expect.objectContaining({ code: 'identity.claims' }),
      )
    },
  )
})

type Row = readonly [string, { readonly oid: string; readonly value?: Uint8Array }, RegExp]

describe('readIdentity', () => {
  it('reads back what was certified', () => {
    expect(readIdentity(certificateOf())).toEqual({
      san: SAN,
      sanKind: 'uri',
      issuer: ISSUER,
      extensions: {
        buildSignerUri: SAN,
        buildSignerDigest: sha,
        runnerEnvironment: 'self-hosted',
        sourceRepositoryUri: 'https://gitlab.example/group/project',
        sourceRepositoryDigest: sha,
        sourceRepositoryRef: 'refs/heads/main',
        sourceRepositoryIdentifier: '7',
        sourceRepositoryOwnerUri: 'https://gitlab.example/group',
        sourceRepositoryOwnerIdentifier: '3',
        buildConfigUri: SAN,
        buildConfigDigest: sha,
        buildTrigger: 'push',
        runInvocationUri: 'https://gitlab.example/group/project/-/jobs/11',
        sourceRepositoryVisibility: 'private',
        tokenSubject: 'project_path:group/project:ref_type:branch:ref:main',
      },
    })
  })

  it.each([
    'https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1.0+a',
    'https://127.0.0.1:8080/acme//.gitlab-ci.yml@refs/heads/main',
    'https://[::1]:8080/acme/a%2Fb',
    'spiffe://acme.example/ns/ci/sa/signer',
    'https://accounts.example',
  ])('reads the URI %s as it stands', (uri) => {
    expect(readIdentity(withExtension('2.5.29.17', names([6, uri]))).san).toBe(uri)
  })

  it('reads an e-mail address', () => {
    expect(readIdentity(withExtension('2.5.29.17', names([1, 'ada@example.test']))).san).toBe(
      'ada@example.test',
    )
  })

  it.each([
    ['no name', { oid: '2.5.29.17' }, /no subject alternative name/],
    [
      'two names',
      { oid: '2.5.29.17', value: names([6, SAN], [6, 'https://evil.example/']) },
      /2 subject alternative names/,
    ],
    [
      'a URI and an e-mail address',
      { oid: '2.5.29.17', value: names([6, SAN], [1, 'a@b']) },
      /2 subject alternative names/,
    ],
    ['a host name', { oid: '2.5.29.17', value: names([2, 'gitlab.example']) }, /of type dns/],
    [
      'a name of another kind',
      { oid: '2.5.29.17', value: derSequence(derElement(0xa0, derSequence())) },
      /of type other/,
    ],
    ['an empty name', { oid: '2.5.29.17', value: names([6, '']) }, /empty/],
    ...[
      'HTTPS://gitlab.example/a',
      'https://a b/c',
      'https://gitlab.example/a b',
      'https://gitlab.example/%zz',
      'https://gitlab.example/a{b}',
      'https://a..b/x',
      'https://gitlab.example./a',
      'https://gitlab.example/a?b',
      'https://gitlab.example/a#',
      'https://ada@gitlab.example/a',
      'https:///a',
      'not a uri',
    ].map((uri) => [`the URI ${uri}`, { oid: '2.5.29.17', value: names([6, uri]) }, /not in canonical form/]),
    ['no issuer', { oid: arc(8) }, /no OIDC issuer/],
    ['an empty issuer', { oid: arc(8), value: derUtf8String('') }, /no OIDC issuer/],
    ['the issuer in the new extension only', { oid: arc(1) }, /cosign 2/],
    ['two issuers', { oid: arc(1), value: utf8('https://evil.example') }, /two different OIDC issuers/],
    [
      'an issuer with a line break more',
      { oid: arc(1), value: utf8(`${ISSUER}\n`) },
      /two different OIDC issuers/,
    ],
  ] as Row[])('refuses a certificate with %s', (_name, { oid, value }, fact) => {
    const certificate = withExtension(oid, value)
    expect(() => readIdentity(certificate)).toThrow(expect.objectContaining({ code: 'identity.certificate' }))
    expect(() => readIdentity(certificate)).toThrow(fact)
  })
})
