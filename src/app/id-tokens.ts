import type { Clock, Secret } from '../base/index.ts'
import { identityErrors, verifyIdToken, type GitLabClaims, type IdTokenSubject } from '../identity/index.ts'
import type { Project } from '../access/index.ts'
import type { Issuer } from '../trust/issuer/index.ts'

/** In the claims of an id token that no job asked for, and so in its certificate. */
const TRIAL = 'wheelseal_token'
const TRIAL_LIFETIME_SECONDS = 600
const NO_COMMIT = '0'.repeat(40)

export interface Trial {
  readonly project: Project
  readonly ref: string
  readonly audience: string
}

/** All of GitLab's claims for a branch of the project, marked as a trial in `job_source` and `pipeline_source`. */
export function mintTrialToken(issuer: Issuer, { project, ref, audience }: Trial): Promise<Secret> {
  const subject: IdTokenSubject = {
    project,
    user: { id: 0, login: TRIAL, email: `${TRIAL}@localhost`, accessLevel: null },
    pipeline: { id: 0, source: TRIAL },
    job: { id: 0 },
    ref: { name: ref, type: 'branch', isProtected: ref === project.defaultBranch },
    sha: NO_COMMIT,
    configPath: '.gitlab-ci.yml',
    runner: { id: 0, environment: 'self-hosted' },
    jobSource: TRIAL,
  }
  return issuer.mint(subject, { audience, lifetimeSeconds: TRIAL_LIFETIME_SECONDS })
}

export interface TokenCheck {
  readonly issuer: Issuer
  readonly clock: Clock
  readonly isJobRunning: (jobId: number) => Promise<boolean>
}

/** What the authority believes: a token of our issuer, for `sigstore`, whose job has not ended. */
export async function checkIdToken(
  token: string,
  { issuer, clock, isJobRunning }: TokenCheck,
): Promise<GitLabClaims> {
  const claims = await verifyIdToken(token, {
    issuers: (iss) => (iss === issuer.url ? (kid) => issuer.publicKey(kid) : undefined),
    audience: 'sigstore',
    clock,
  })
  // Only our issuer writes this claim, so a job cannot pass as a trial.
  if (claims.job_source === TRIAL || (await isJobRunning(Number(claims.job_id)))) return claims
  throw identityErrors(
    'identity.token-time',
    `job ${claims.job_id}, which the id token speaks for, has ended`,
  )
}
