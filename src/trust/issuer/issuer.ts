import { CompactSign } from 'jose'
import type { KeyObject } from 'node:crypto'
import { Secret, utf8, type Clock, type Entropy, type JsonValue } from '../../base/index.ts'
import { gitLabClaims, type IdTokenJob } from '../../identity/index.ts'
import { ALGORITHM, MAX_LIFETIME_SECONDS, type KeyRing, type PublishedKey } from './key-ring.ts'

export interface IssuerParts {
  /** The external URL, without trailing slash: `iss` of every token, and where discovery is served. */
  readonly url: string
  /** Asked anew each time: a rotation hands in another ring. */
  readonly keys: () => KeyRing
  readonly clock: Clock
  readonly entropy: Entropy
}

export interface MintOptions {
  /** As under `aud:` in `.gitlab-ci.yml`; a list stays a list. */
  readonly audience: string | readonly string[]
  /** GitLab: the job's timeout. Cut to a day, so that a key can be withdrawn a day after it signed last. */
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
  mint(subject: IdTokenJob, options: MintOptions): Promise<Secret>
}

export function createIssuer({ url, keys, clock, entropy }: IssuerParts): Issuer {
  const published = (): readonly [PublishedKey, ...PublishedKey[]] => keys().published(clock.nowMs())
  return {
    url,
    discovery: () => discoveryDocument(url),
    jwks: () => ({ keys: published().map(({ key }) => key.jwk) }),
    publicKey: (keyId) => published().find(({ key }) => key.id === keyId)?.key.publicKey,
    mint: async (subject, { audience, lifetimeSeconds }) => {
      const [{ key }] = published()
      const claims = gitLabClaims(subject, {
        issuer: url,
        audience,
        issuedAtSeconds: Math.floor(clock.nowMs() / 1000),
        lifetimeSeconds: Math.min(lifetimeSeconds, MAX_LIFETIME_SECONDS),
        tokenId: entropy.uuid(),
      })
      const token = await new CompactSign(utf8(JSON.stringify(claims)))
        .setProtectedHeader({ alg: ALGORITHM, kid: key.id, typ: 'JWT' })
        .sign(key.privateKey)
      return new Secret(token)
    },
  }
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
