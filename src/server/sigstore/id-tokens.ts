import type { Secret } from '../../base/index.ts'
import { identityErrors, type IdTokenJob } from '../../identity/index.ts'
import type { Project } from '../../access/index.ts'
import type { AcceptedIssuer } from '../../trust/authority/index.ts'
import type { Issuer } from '../../trust/issuer/index.ts'
import { serverErrors } from '../errors.ts'

/** In the claims of an id token that no job asked for, and so in its certificate. */
const TRIAL = 'wheelseal_token'
const TRIAL_LIFETIME_SECONDS = 600
const NO_COMMIT = '0'.repeat(40)

export interface Trial {
  readonly project: IdTokenJob['project'] & Pick<Project, 'defaultBranch'>
  readonly ref: string
  readonly audience: string
}

/** All of GitLab's claims for a branch of the project, marked as a trial in `job_source` and `pipeline_source`. */
export function mintTrialToken(issuer: Issuer, { project, ref, audience }: Trial): Promise<Secret> {
  const subject: IdTokenJob = {
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

const AUDIENCE = 'sigstore'

/**
 * What `wheelseal trust check` signs as. No project can have this path, whose first part is reserved, nor this id, so
 * that a signature of it is no claim of anybody's.
 */
const NOBODY = {
  id: Number.MAX_SAFE_INTEGER,
  path: '-/trust-check',
  namespaceId: Number.MAX_SAFE_INTEGER,
  namespacePath: '-',
  visibility: 'private',
  defaultBranch: 'main',
} as const

/** A trial token, for the authority alone, that speaks for no project. */
export function mintCheckToken(issuer: Issuer): Promise<Secret> {
  return mintTrialToken(issuer, { project: NOBODY, ref: NOBODY.defaultBranch, audience: AUDIENCE })
}

export interface AcceptanceParts {
  readonly issuer: Issuer
  readonly isJobRunning: (jobId: number) => Promise<boolean>
  /** Those of the configuration. */
  readonly foreign: readonly AcceptedIssuer[]
}

/**
 * Whose tokens the authority believes: those of our own issuer while their job runs, and those of the configured ones,
 * of whose jobs nothing is known here. Throws `server.configuration` for a foreign issuer with our own URL.
 */
export function acceptedIssuers({
  issuer,
  isJobRunning,
  foreign,
}: AcceptanceParts): readonly AcceptedIssuer[] {
  if (foreign.some(({ url }) => url === issuer.url)) {
    throw serverErrors('server.configuration', `issuers: ${issuer.url} is the server's own issuer`, {
      hint: 'remove it: tokens of the own issuer are always accepted',
    })
  }
  const own: AcceptedIssuer = {
    url: issuer.url,
    audience: AUDIENCE,
    keys: (keyId) => issuer.publicKey(keyId),
    admit: async (claims) => {
      // Only our issuer writes this claim, so a job cannot pass as a trial.
      if (claims.job_source === TRIAL || (await isJobRunning(Number(claims.job_id)))) return
      throw identityErrors('identity.token-time', `the id token is for job ${claims.job_id}, which has ended`)
    },
  }
  return [own, ...foreign]
}
