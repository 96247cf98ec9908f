import type { Clock } from '../../base/index.ts'
import { verifyIdToken, type GitLabClaims, type TokenKeys } from '../../identity/index.ts'
import { authorityErrors } from './errors.ts'

/** An issuer whose id tokens the authority takes. */
export interface AcceptedIssuer {
  /** Byte for byte the claim `iss`. */
  readonly url: string
  readonly audience: string
  readonly keys: TokenKeys
  /** What else must hold for its tokens; throws otherwise. Never asked about a token of another issuer. */
  readonly admit?: (claims: GitLabClaims) => void | Promise<void>
}

/**
 * What the authority believes: a valid token of one of these issuers and of no other, judged by the rules of that
 * issuer alone. Rejects with `identity.token…`, `identity.claims`, and what `keys` and `admit` throw.
 */
export function createTokenCheck(
  issuers: readonly AcceptedIssuer[],
  clock: Clock,
): (token: string) => Promise<GitLabClaims> {
  const byUrl = new Map(issuers.map((issuer) => [issuer.url, issuer]))
  return async (token) => {
    const claims = await verifyIdToken(token, {
      issuers: (url) => byUrl.get(url)?.keys,
      audience: (url) => byUrl.get(url)?.audience ?? '',
      clock,
    })
    await byUrl.get(claims.iss)?.admit?.(claims)
    return claims
  }
}

/** Full paths as GitLab has them in its tokens, with their case. */
export interface AllowList {
  readonly projects: readonly string[]
  /** Each with all that is below it. */
  readonly groups: readonly string[]
}

/**
 * An `admit` for some projects only. The project of the pipeline's file counts too: the certificate's name is made of
 * it. It throws `authority.project`.
 */
export function onlyProjects({ projects, groups }: AllowList): (claims: GitLabClaims) => void {
  const isAllowed = (path: string): boolean =>
    projects.includes(path) || groups.some((group) => path.startsWith(`${group}/`))
  return ({ iss, project_path: project, ci_config_ref_uri: config }) => {
    const path = config.slice(config.indexOf('/') + 1, config.indexOf('//'))
    const other = [project, path].find((one) => !isAllowed(one))
    if (other === undefined) return
    throw authorityErrors('authority.project', `project ${other} of ${iss} is not allowed here`)
  }
}
