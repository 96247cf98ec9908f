import { exactly, globbing, oneOf, type ClaimRule, type IdentityRule } from './policy.ts'

/** The pipeline of a GitLab project, as its certificates name it. */
export interface GitLabIdentity {
  /** The URL of the GitLab, as in the claim `iss`. */
  readonly issuer: string
  /** Full path: `acme/tools`. */
  readonly project: string
  readonly configFile?: string
  /** Full refs: `refs/heads/main`, `refs/tags/v*`. */
  readonly refs: readonly string[]
  readonly claims?: ExtraClaims
}

/** What a policy may ask of any identity. */
export interface ExtraClaims {
  readonly projectId?: number
  readonly environment?: string
  readonly refProtected?: boolean
}

const DEFAULT_CONFIG_FILE = '.gitlab-ci.yml'

/** Fulcio's name for a pipeline (config/identity/config.yaml, `gitlab-pipeline`): always https, one for each ref. */
export function gitLabRule(identity: GitLabIdentity): IdentityRule {
  const { issuer, project, configFile = DEFAULT_CONFIG_FILE, refs, claims = {} } = identity
  const { host } = new URL(issuer)
  const names = refs.map((ref) => globbing(`https://${host}/${project}//${configFile}@${ref}`))
  const source: ClaimRule = { claim: 'sourceRepositoryUri', rule: exactly(`${issuer}/${project}`) }
  const san = { san: oneOf(names), sanKind: 'uri' } as const
  return { ...san, issuer: exactly(issuer), claims: [source, ...claimRules(claims)] }
}

export function claimRules({ projectId, environment, refProtected }: ExtraClaims): readonly ClaimRule[] {
  return [
    // A path that was given up can be taken by others; an id cannot.
    ...(projectId === undefined ? [] : [ask('sourceRepositoryIdentifier', String(projectId))]),
    ...(environment === undefined ? [] : [ask('deploymentEnvironment', environment)]),
    ...(refProtected === true ? [ask('refProtected', 'true')] : []),
  ]
}

function ask(claim: ClaimRule['claim'], value: string): ClaimRule {
  return { claim, rule: exactly(value) }
}
