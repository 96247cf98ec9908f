import { ask, extensionRules, type IdentityConditions } from './gitlab-rule.ts'
import { exactly, globbing, oneOf, type IdentityRule } from './policy.ts'

/** A workflow of GitHub Actions, as its certificates name it. */
export interface GitHubIdentity {
  /** As in the token claim `iss`. */
  readonly issuer: string
  /** `acme/tools` */
  readonly repository: string
  /** A file of `.github/workflows/`: `release.yml`. */
  readonly workflow: string
  /** Full refs: `refs/heads/main`, `refs/tags/v*`. */
  readonly refs: readonly string[]
  readonly conditions?: IdentityConditions
}

const GITHUB = 'https://github.com'
/** Fixed by GitHub; enterprises may have one of their own below it, whose certificates name github.com too. */
const ISSUER = /^https:\/\/token\.actions\.githubusercontent\.com(?:\/[A-Za-z0-9_-]+)?$/

export function isGitHubIssuer(issuer: string): boolean {
  return ISSUER.test(issuer)
}

/**
 * Fulcio's SAN for a workflow (config/identity/config.yaml, `github-workflow`) has the ref of the workflow's file. That is
 * not the ref that was built where a workflow on a branch calls this one at a tag, so that both are asked for.
 */
export function gitHubRule(identity: GitHubIdentity): IdentityRule {
  const { issuer, repository, workflow, refs, conditions = {} } = identity
  const file = `${GITHUB}/${repository}/.github/workflows/${workflow}`
  const source = ask('sourceRepositoryUri', exactly(`${GITHUB}/${repository}`))
  const ref = ask('sourceRepositoryRef', oneOf(refs.map((one) => globbing(one))))
  return {
    san: oneOf(refs.map((one) => globbing(`${file}@${one}`))),
    sanKind: 'uri',
    issuer: exactly(issuer),
    extensions: [source, ref, ...extensionRules(conditions)],
  }
}
