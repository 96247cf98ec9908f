import type { GitLabClaims } from './claims.ts'
import { identityErrors } from './errors.ts'
import { fulcioExtension, subjectAlternativeNames, type Certificate } from '../formats/x509/index.ts'

/** What a certificate is to say of its holder. */
export interface CertificateIdentity {
  /** The only subject alternative name, a URI. */
  readonly san: string
  /** Below `1.3.6.1.4.1.57264.1`, ascending, none empty. */
  readonly extensions: readonly { readonly arc: number; readonly value: string }[]
}

/** Who signed, as a certificate tells it. */
export interface Identity {
  readonly san: string
  /** Nothing in the text of a SAN tells its type: an e-mail address may read as a URI. */
  readonly sanKind: 'uri' | 'email'
  readonly issuer: string
  /** Fulcio's extensions from .9 on by their names, and only those that are present. */
  readonly extensions: Readonly<Partial<Record<ExtensionName, string>>>
}

/** Fulcio docs/oid-info.md. */
const EXTENSION_ARCS = {
  buildSignerUri: 9,
  buildSignerDigest: 10,
  runnerEnvironment: 11,
  sourceRepositoryUri: 12,
  sourceRepositoryDigest: 13,
  sourceRepositoryRef: 14,
  sourceRepositoryIdentifier: 15,
  sourceRepositoryOwnerUri: 16,
  sourceRepositoryOwnerIdentifier: 17,
  buildConfigUri: 18,
  buildConfigDigest: 19,
  buildTrigger: 20,
  runInvocationUri: 21,
  sourceRepositoryVisibility: 22,
  deploymentEnvironment: 23,
  tokenSubject: 24,
} as const
export type ExtensionName = keyof typeof EXTENSION_ARCS
const EXTENSIONS = Object.entries(EXTENSION_ARCS) as readonly [ExtensionName, number][]

const ISSUER_ARC = 8
/** The same issuer as raw bytes: deprecated, and the only one that cosign 2 reads. */
const OLD_ISSUER_ARC = 1

/**
 * Fulcio's mapping of token claims for GitLab (fulcio config/identity/config.yaml, `gitlab-pipeline`), with the URL of the instance
 * taken from `iss`. Throws `identity.claims` when the pipeline's configuration is on another host than its issuer, so
 * that no issuer can speak for another one's projects.
 */
export function certificateIdentity(claims: GitLabClaims): CertificateIdentity {
  const { host } = new URL(claims.iss)
  if (!claims.ci_config_ref_uri.startsWith(`${host}/`)) {
    throw identityErrors(
      'identity.claims',
      `ci_config_ref_uri is ${claims.ci_config_ref_uri}, which is not on the issuer's host ${host}`,
    )
  }
  const named = Object.entries(extensionValues(claims)).map(([name, value]) => ({
    arc: EXTENSION_ARCS[name as ExtensionName],
    value,
  }))
  const issuer = [OLD_ISSUER_ARC, ISSUER_ARC].map((arc) => ({ arc, value: claims.iss }))
  const extensions = [...issuer, ...named]
    .filter(({ value }) => value !== '')
    .toSorted((a, b) => a.arc - b.arc)
  return { san: configUri(claims), extensions }
}

function extensionValues(claims: GitLabClaims): Record<ExtensionName, string> {
  const { iss: url, project_path: project } = claims
  return {
    buildSignerUri: configUri(claims),
    buildSignerDigest: claims.ci_config_sha,
    runnerEnvironment: claims.runner_environment,
    sourceRepositoryUri: `${url}/${project}`,
    sourceRepositoryDigest: claims.sha,
    sourceRepositoryRef: `refs/${claims.ref_type === 'branch' ? 'heads' : 'tags'}/${claims.ref}`,
    sourceRepositoryIdentifier: claims.project_id,
    sourceRepositoryOwnerUri: `${url}/${claims.namespace_path}`,
    sourceRepositoryOwnerIdentifier: claims.namespace_id,
    buildConfigUri: configUri(claims),
    buildConfigDigest: claims.ci_config_sha,
    buildTrigger: claims.pipeline_source,
    runInvocationUri: `${url}/${project}/-/jobs/${claims.job_id}`,
    sourceRepositoryVisibility: claims.project_visibility,
    deploymentEnvironment: claims.environment ?? '',
    tokenSubject: claims.sub,
  }
}

/** Always https, also for an instance that speaks http: cosign users name the identity that way. */
function configUri({ ci_config_ref_uri }: GitLabClaims): string {
  return `https://${ci_config_ref_uri}`
}

/**
 * The URIs that Go's net/url writes back as they stood: cosign compares what it writes back, and refuses a certificate
 * with a URI that it cannot read (crypto/x509, parseSANExtension). Neither query nor fragment nor user.
 */
const LABEL = '[A-Za-z0-9_-]+'
const PLAIN_URI = new RegExp(
  String.raw`^[a-z][a-z0-9+.-]*://(?:${LABEL}(?:\.${LABEL})*|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?` +
    String.raw`(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*)?$`,
)

/**
 * Who a certificate names. Throws `identity.certificate` unless it has exactly one SAN, a URI or an e-mail address,
 * and its OIDC issuer in both extensions alike: cosign 2 reads the old one and every other client the new one.
 */
export function readIdentity(certificate: Certificate): Identity {
  const [name, ...others] = subjectAlternativeNames(certificate)
  if (name === undefined) throw refused('the certificate has no subject alternative name')
  if (others.length > 0)
    throw refused(`the certificate has ${others.length + 1} subject alternative names, one is allowed`)
  if (name.kind !== 'uri' && name.kind !== 'email')
    throw refused(
      `the subject alternative name of the certificate is of type ${name.kind}, not a URI or e-mail address`,
    )
  if (name.value === '') throw refused('the subject alternative name of the certificate is empty')
  if (name.kind === 'uri' && !PLAIN_URI.test(name.value))
    throw refused(`the URI in the certificate is not in canonical form: ${JSON.stringify(name.value)}`)
  return {
    san: name.value,
    sanKind: name.kind,
    issuer: readIssuer(certificate),
    extensions: readExtensions(certificate),
  }
}

function readIssuer(certificate: Certificate): string {
  const issuer = fulcioExtension(certificate, ISSUER_ARC)
  const old = fulcioExtension(certificate, OLD_ISSUER_ARC)
  if (issuer === undefined || issuer === '')
    throw refused(`the certificate has no OIDC issuer (extension .${ISSUER_ARC})`)
  if (old === undefined)
    throw refused(
      `the certificate has no OIDC issuer in the extension that cosign 2 reads (.${OLD_ISSUER_ARC})`,
    )
  if (old !== issuer)
    throw refused(
      `the certificate has two different OIDC issuers, ${JSON.stringify(old)} and ${JSON.stringify(issuer)}`,
    )
  return issuer
}

function readExtensions(certificate: Certificate): Identity['extensions'] {
  const extensions: Partial<Record<ExtensionName, string>> = {}
  for (const [name, arc] of EXTENSIONS) {
    const value = fulcioExtension(certificate, arc)
    if (value !== undefined) extensions[name] = value
  }
  return extensions
}

function refused(fact: string): Error {
  return identityErrors('identity.certificate', fact)
}
