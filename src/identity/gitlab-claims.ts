import type { GitLabClaims } from './claims.ts'

/** The job that an id token is about, with its project, user and ref. */
export interface IdTokenJob {
  readonly project: {
    readonly id: number
    readonly path: string
    readonly namespaceId: number
    readonly namespacePath: string
    readonly visibility: 'public' | 'internal' | 'private'
  }
  readonly user: {
    readonly id: number
    readonly login: string
    readonly email: string
    /** `owner`, `maintainer`, …; null without membership. */
    readonly accessLevel: string | null
  }
  readonly pipeline: { readonly id: number; readonly source: string }
  readonly job: { readonly id: number }
  readonly ref: { readonly name: string; readonly type: 'branch' | 'tag'; readonly isProtected: boolean }
  readonly sha: string
  /** Of the pipeline's configuration inside the project, as `.gitlab-ci.yml`. */
  readonly configPath: string
  readonly runner: { readonly id: number; readonly environment: 'gitlab-hosted' | 'self-hosted' }
  readonly environment?: string
  readonly deploymentTier?: string
  readonly environmentAction?: string
  readonly jobSource?: string
}

export interface TokenTerms {
  /** The external URL, without trailing slash. */
  readonly issuer: string
  readonly audience: string | readonly string[]
  readonly issuedAtSeconds: number
  readonly lifetimeSeconds: number
  /** A UUID, version 4. */
  readonly tokenId: string
}

/** GitLab lets a token begin before it was issued, for clocks that lag. */
const BACKDATED_SECONDS = 5

/** The claims as GitLab writes them: names, types and order. */
export function gitLabClaims(job: IdTokenJob, terms: TokenTerms): GitLabClaims {
  const { ref, sha, configPath } = job
  const refPath = `refs/${ref.type === 'branch' ? 'heads' : 'tags'}/${ref.name}`
  const { host } = new URL(terms.issuer)
  return {
    ...projectClaims(job),
    ...userClaims(job),
    pipeline_id: String(job.pipeline.id),
    pipeline_source: job.pipeline.source,
    job_id: String(job.job.id),
    ref: ref.name,
    ref_type: ref.type,
    ref_path: refPath,
    ref_protected: ref.isProtected ? 'true' : 'false',
    ...environmentClaims(job),
    runner_id: job.runner.id,
    runner_environment: job.runner.environment,
    sha,
    project_visibility: job.project.visibility,
    ci_config_ref_uri: `${host}/${job.project.path}//${configPath}@${refPath}`,
    ci_config_sha: sha,
    ...(job.jobSource === undefined ? {} : { job_source: job.jobSource }),
    ...standardClaims(job, terms),
  }
}

type Claims<Name extends keyof GitLabClaims> = Pick<GitLabClaims, Name>

function projectClaims({ project }: IdTokenJob) {
  const ids = { namespace_id: String(project.namespaceId), project_id: String(project.id) }
  return {
    namespace_id: ids.namespace_id,
    namespace_path: project.namespacePath,
    project_id: ids.project_id,
    project_path: project.path,
    job_namespace_id: ids.namespace_id,
    job_namespace_path: project.namespacePath,
    job_project_id: ids.project_id,
    job_project_path: project.path,
  }
}

function userClaims({ user }: IdTokenJob) {
  return {
    user_id: String(user.id),
    user_login: user.login,
    user_email: user.email,
    user_access_level: user.accessLevel,
  }
}

function environmentClaims({
  environment,
  deploymentTier,
  environmentAction,
}: IdTokenJob): Partial<GitLabClaims> {
  if (environment === undefined) return {}
  return {
    environment,
    environment_protected: 'false',
    ...(deploymentTier === undefined ? {} : { deployment_tier: deploymentTier }),
    ...(environmentAction === undefined ? {} : { environment_action: environmentAction }),
  }
}

function standardClaims(
  { project, ref }: IdTokenJob,
  { issuer, audience, issuedAtSeconds, lifetimeSeconds, tokenId }: TokenTerms,
): Claims<'jti' | 'iss' | 'iat' | 'nbf' | 'exp' | 'sub' | 'aud'> {
  return {
    jti: tokenId,
    iss: issuer,
    iat: issuedAtSeconds,
    nbf: issuedAtSeconds - BACKDATED_SECONDS,
    exp: issuedAtSeconds + lifetimeSeconds,
    sub: `project_path:${project.path}:ref_type:${ref.type}:ref:${ref.name}`,
    aud: audience,
  }
}
