import { CompactSign } from 'jose'
import { createPublicKey, type KeyObject } from 'node:crypto'
import {
  encodeBase64Url,
  Secret,
  sha256,
  utf8,
  type Clock,
  type Entropy,
  type JsonValue,
} from '../../base/index.ts'
import { gitLabClaims, type IdTokenSubject } from '../../identity/index.ts'
import { issuerErrors } from './errors.ts'

export interface IssuerParts {
  /** The external URL, without trailing slash: `iss` of every token, and where discovery is served. */
  readonly url: string
  /** RSA, 2048 bits or more. */
  readonly key: KeyObject
  readonly clock: Clock
  readonly entropy: Entropy
}

export interface MintOptions {
  /** As under `aud:` in `.gitlab-ci.yml`; a list stays a list. */
  readonly audience: string | readonly string[]
  /** GitLab: the job's timeout. */
  readonly lifetimeSeconds: number
}

export interface Issuer {
  readonly url: string
  /** `/.well-known/openid-configuration`. */
  discovery(): JsonValue
  /** `/oauth/discovery/keys`. */
  jwks(): JsonValue
  /** `TokenKeys` for `verifyIdToken` inside of this process, without the round by HTTP. */
  readonly publicKey: (keyId: string) => KeyObject | undefined
  /** An id token, RS256, in GitLab's form. */
  mint(subject: IdTokenSubject, options: MintOptions): Promise<Secret>
}

interface SigningKey {
  readonly id: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  readonly jwk: { readonly kty: 'RSA'; readonly n: string; readonly e: string }
}

const ALGORITHM = 'RS256'
const MIN_BITS = 2048

/** Throws `issuer.key` for a key that is not RSA or too short. */
export function createIssuer({ url, key, clock, entropy }: IssuerParts): Issuer {
  const signing = signingKey(key)
  return {
    url,
    discovery: () => discoveryDocument(url),
    jwks: () => ({
      keys: [
        {
          kty: signing.jwk.kty,
          kid: signing.id,
          e: signing.jwk.e,
          n: signing.jwk.n,
          use: 'sig',
          alg: ALGORITHM,
        },
      ],
    }),
    publicKey: (keyId) => (keyId === signing.id ? signing.publicKey : undefined),
    mint: async (subject, { audience, lifetimeSeconds }) => {
      const claims = gitLabClaims(subject, {
        issuer: url,
        audience,
        issuedAtSeconds: Math.floor(clock.nowMs() / 1000),
        lifetimeSeconds,
        tokenId: entropy.uuid(),
      })
      const token = await new CompactSign(utf8(JSON.stringify(claims)))
        .setProtectedHeader({ alg: ALGORITHM, kid: signing.id, typ: 'JWT' })
        .sign(signing.privateKey)
      return new Secret(token)
    },
  }
}

function signingKey(privateKey: KeyObject): SigningKey {
  const bits = privateKey.asymmetricKeyDetails?.modulusLength ?? 0
  if (privateKey.asymmetricKeyType !== 'rsa' || bits < MIN_BITS) {
    throw issuerErrors('issuer.key', `the key is ${privateKey.asymmetricKeyType} of ${bits} bits`)
  }
  const publicKey = createPublicKey(privateKey)
  const { n = '', e = '' } = publicKey.export({ format: 'jwk' })
  return { id: thumbprint(n, e), privateKey, publicKey, jwk: { kty: 'RSA', n, e } }
}

/** RFC 7638 §3: SHA-256 over the required members in lexicographic order. */
function thumbprint(n: string, e: string): string {
  return encodeBase64Url(sha256(utf8(JSON.stringify({ e, kty: 'RSA', n }))))
}

/** OpenID Connect Discovery §3, with what verifiers of GitLab's tokens read. */
function discoveryDocument(url: string): JsonValue {
  return {
    issuer: url,
    jwks_uri: `${url}/oauth/discovery/keys`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [ALGORITHM],
    claim_types_supported: ['normal'],
    claims_supported: ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', ...GITLAB_CLAIMS],
  }
}

const GITLAB_CLAIMS = ['project_path', 'ci_config_ref_uri', 'ref_path', 'sha', 'environment']
