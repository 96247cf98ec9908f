import { generateKeyPairSync, randomUUID, sign, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'

/** What a real GitLab is for an authority: discovery, a key set, and tokens. On loopback; made without our code. */
export interface GitLabIssuer {
  readonly url: string
  readonly host: string
  readonly keyId: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  /** As text, what `/oauth/discovery/keys` answers. */
  readonly keySet: string
  /** Paths that were asked for. */
  readonly asked: string[]
  claims(changes?: Readonly<Record<string, unknown>>): Record<string, unknown>
  token(changes?: Readonly<Record<string, unknown>>): string
  close(): void
}

const KEY_ID = 'key-of-gitlab'
const NAME = 'a'.repeat(40)

/** Over TLS where it gets an identity for it. */
export async function startGitLabIssuer(tls?: { key: string; cert: string }): Promise<GitLabIssuer> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const openIdKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey
  const published = [
    { key: openIdKey, kid: 'openid' },
    { key: publicKey, kid: KEY_ID },
  ].map(({ key, kid }) => {
    const { kty, n, e } = key.export({ format: 'jwk' })
    return { kty, kid, e, n, use: 'sig', alg: 'RS256' }
  })
  const keySet = JSON.stringify({ keys: published })
  const asked: string[] = []
  let url = ''
  const answer: RequestListener = (request, response) => {
    asked.push(request.url ?? '')
    const pages: Readonly<Record<string, string>> = {
      '/.well-known/openid-configuration': discovery(url),
      '/oauth/discovery/keys': keySet,
    }
    const page = pages[request.url ?? '']
    response.statusCode = page === undefined ? 404 : 200
    response.setHeader('content-type', 'application/json').end(page)
  }
  const server = tls === undefined ? createServer(answer) : createTlsServer(tls, answer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  url = `${tls === undefined ? 'http' : 'https'}://${host}`
  const claims = (changes = {}): Record<string, unknown> => gitLabClaims({ url, host, changes })
  return {
    ...{ url, host, keyId: KEY_ID, privateKey, publicKey, keySet, asked, claims },
    token: (changes) => signJwt({ alg: 'RS256', kid: KEY_ID, typ: 'JWT' }, claims(changes), privateKey),
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Objects become JSON; texts stand as they are. */
export function signJwt(header: object | string, payload: object | string, key: KeyObject): string {
  const signed = [header, payload].map(encodePart).join('.')
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`
}

export function encodePart(part: object | string): string {
  return Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')
}

/** Of gitlab.com's answer, what matters. */
function discovery(url: string): string {
  return JSON.stringify({
    issuer: url,
    authorization_endpoint: `${url}/oauth/authorize`,
    token_endpoint: `${url}/oauth/token`,
    jwks_uri: `${url}/oauth/discovery/keys`,
    scopes_supported: ['api', 'openid'],
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    claim_types_supported: ['normal'],
  })
}

/** The claims of GitLab 18, those among them that no certificate shows. */
function gitLabClaims({
  url,
  host,
  changes,
}: {
  url: string
  host: string
  changes: object
}): Record<string, unknown> {
  const now = Math.floor(Date.now() / 1000)
  return {
    ...{ namespace_id: '72', namespace_path: 'team', project_id: '20', project_path: 'team/wheels' },
    ...{
      job_namespace_id: '72',
      job_namespace_path: 'team',
      job_project_id: '20',
      job_project_path: 'team/wheels',
    },
    ...{ user_id: '1', user_login: 'ada', user_email: 'ada@example.test', user_access_level: 'owner' },
    user_identities: [{ provider: 'github', extern_uid: '2435223452345' }],
    ...{ pipeline_id: '574', pipeline_source: 'push', job_id: '302', ref: 'main', ref_type: 'branch' },
    ...{ ref_path: 'refs/heads/main', ref_protected: 'true', groups_direct: ['team'] },
    ...{ environment: 'production', environment_protected: 'false', deployment_tier: 'production' },
    ...{ runner_id: 1, runner_environment: 'self-hosted', sha: NAME, project_visibility: 'private' },
    ci_config_ref_uri: `${host}/team/wheels//.gitlab-ci.yml@refs/heads/main`,
    ...{ ci_config_sha: NAME, jti: randomUUID(), iss: url, iat: now, nbf: now - 5, exp: now + 3600 },
    ...{ sub: 'project_path:team/wheels:ref_type:branch:ref:main', aud: 'sigstore' },
    ...changes,
  }
}
