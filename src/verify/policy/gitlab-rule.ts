import { exactly, globbing, oneOf, type ExtensionRule, type IdentityRule, type TextRule } from './policy.ts'

/** The pipeline of a GitLab project, as its certificates name it. */
export interface GitLabIdentity {
  /** The URL of the GitLab, as in the token claim `iss`. */
  readonly issuer: string
  /** Full path: `acme/tools`. */
  readonly project: string
  readonly configFile?: string
  /** Full refs: `refs/heads/main`, `refs/tags/v*`. */
  readonly refs: readonly string[]
  readonly conditions?: IdentityConditions
}

/** What a policy may ask of any identity, each in an extension of the certificate. */
export interface IdentityConditions {
  /** Of the project or repository. */
  readonly projectId?: number
  readonly environment?: string
  readonly refProtected?: boolean
}

const DEFAULT_CONFIG_FILE = '.gitlab-ci.yml'

/** Fulcio's SAN for a pipeline (config/identity/config.yaml, `gitlab-pipeline`): always https, one for each ref. */
export function gitLabRule(identity: GitLabIdentity): IdentityRule {
  const { issuer, project, configFile = DEFAULT_CONFIG_FILE, refs, conditions = {} } = identity
  const { host } = new URL(issuer)
  const sans = refs.map((ref) => globbing(`https://${host}/${project}//${configFile}@${ref}`))
  const source = ask('sourceRepositoryUri', exactly(`${issuer}/${project}`))
  const san = { san: oneOf(sans), sanKind: 'uri' } as const
  return { ...san, issuer: exactly(issuer), extensions: [source, ...extensionRules(conditions)] }
}

export function extensionRules({
  projectId,
  environment,
  refProtected,
}: IdentityConditions): readonly ExtensionRule[] {
  return [
    // A path that was given up can be taken by others; an id cannot.
    ...(projectId === undefined ? [] : [ask('sourceRepositoryIdentifier', exactly(String(projectId)))]),
    ...(environment === undefined ? [] : [ask('deploymentEnvironment', exactly(environment))]),
    ...(refProtected === true ? [ask('refProtected', exactly('true'))] : []),
  ]
}

export function ask(extension: ExtensionRule['extension'], rule: TextRule): ExtensionRule {
  return { extension, rule }
}
