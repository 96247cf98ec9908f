import type { JobBelief, PublishingToken } from '../../access/index.ts'
import { WheelsealError, type Clock } from '../../base/index.ts'
import { identityErrors, verifyIdToken, type GitLabClaims } from '../../identity/index.ts'
import type { AcceptedIssuer } from '../../trust/authority/index.ts'
import type { Issuer } from '../../trust/issuer/index.ts'

export interface PublishingParts {
  readonly issuer: Pick<Issuer, 'url' | 'publicKey'>
  readonly isBelieved: JobBelief
  /** Those of the configuration, none where left out; their own audience is that of the authority, and counts nothing here. */
  readonly foreign?: readonly AcceptedIssuer[]
  readonly clock: Clock
}

export interface PublishingTokens {
  /** The one audience of this index, which no other has: a token that was sent there is worth nothing here. */
  readonly audience: string
  /**
   * What a valid id token for this index says. Throws `identity.token…`, `identity.claims`, and what the rule of a
   * configured issuer throws; for a token of our own also where its job has ended or its user is blocked, or no job asked for it.
   */
  check(token: string): Promise<PublishingToken>
}

/** The `id_tokens:` of a job has its token in the variable that clients make of the audience. */
function audienceOf(url: string): string {
  return `wheelseal:${url.replace(/^https?:\/\//, '')}`
}

export function createPublishingTokens(parts: PublishingParts): PublishingTokens {
  const { issuer, foreign = [], isBelieved } = parts
  const audience = audienceOf(issuer.url)
  const own: Pick<AcceptedIssuer, 'keys' | 'admit'> = {
    keys: (keyId) => issuer.publicKey(keyId),
    admit: async ({ job_id: jobId }) => {
      if (await isBelieved(Number(jobId))) return
      throw identityErrors('identity.token-time', `the id token is for job ${jobId}, which is not running`)
    },
  }
  const byUrl = new Map(foreign.map((one) => [one.url, one as typeof own])).set(issuer.url, own)
  return {
    audience,
    check: async (token) => {
      const claims = await verified(token, { issuers: byUrl, audience, clock: parts.clock })
      checkOnlyAudience(claims, audience)
      await byUrl.get(claims.iss)?.admit?.(claims)
      return toPublishing(claims, claims.iss === issuer.url ? Number(claims.job_id) : null)
    },
  }
}

interface Checks {
  readonly issuers: ReadonlyMap<string, Pick<AcceptedIssuer, 'keys'>>
  readonly audience: string
  readonly clock: Clock
}

async function verified(token: string, { issuers, audience, clock }: Checks): Promise<GitLabClaims> {
  try {
    return await verifyIdToken(token, { issuers: (url) => issuers.get(url)?.keys, audience, clock })
  } catch (error) {
    if (error instanceof WheelsealError && error.code === 'identity.token-audience')
      throw identityErrors('identity.token-audience', error.message, { hint: hintOf(audience) })
    throw error
  }
}

function checkOnlyAudience({ aud }: GitLabClaims, audience: string): void {
  if (typeof aud === 'string' || aud.length === 1) return
  const fact = `the id token has ${aud.length} audiences, expected is ${audience} alone`
  throw identityErrors('identity.token-audience', fact, { hint: hintOf(audience) })
}

function hintOf(audience: string): string {
  return `write \`aud: ${audience}\` under \`id_tokens:\` in the pipeline file, and no other audience`
}

function toPublishing(claims: GitLabClaims, jobId: number | null): PublishingToken {
  const { project_path: ciProjectPath, job_project_path: jobPath = ciProjectPath } = claims
  if (jobPath !== ciProjectPath)
    throw identityErrors(
      'identity.claims',
      `the id token is of a pipeline of ${ciProjectPath} that runs in ${jobPath}`,
    )
  return {
    issuer: claims.iss,
    ciProjectPath,
    ciProjectId: claims.project_id,
    ref: refOf(claims),
    configRef: claims.ci_config_ref_uri,
    tokenId: claims.jti,
    expiresAtMs: claims.exp * 1000,
    jobId,
  }
}

/** From the claims that every version has; where it is also written out, it must be the same. */
function refOf({ ref, ref_type: type, ref_path: written }: GitLabClaims): string {
  const path = `refs/${type === 'tag' ? 'tags' : 'heads'}/${ref}`
  if (written === undefined || written === path) return path
  throw identityErrors('identity.claims', `the claim ref_path is ${written}, and not ${path}`)
}
