import { groupOf, type Settings } from '../client/settings/index.ts'
import { clientVerifyErrors, type Expectation, type Origin } from '../client/verify/index.ts'
import { isIssuerUrl } from '../identity/index.ts'
import { exactly, gitLabRule, matching, type IdentityRule, type TextRule } from '../verify/index.ts'
import { atMostOne, wrong, type VerifyFlags } from './verify-usage.ts'

const DEFAULT_REF = 'main'

export interface Expected {
  readonly expectation: Expectation
  readonly origins: readonly Origin[]
}

/** Who must have signed: by flags, else by a configured policy. Throws `client.verify-expectation`, `client.verify-flags`. */
export async function expectationOf(flags: VerifyFlags, settings: Settings): Promise<Expected> {
  const { policy, key, ref, project } = flags
  const identity = identityFlag(flags)
  atMostOne({ '--policy': policy, '--key': key, 'an identity': identity })
  if (ref !== undefined && project === undefined)
    throw wrong('--ref needs --project', 'add --project GROUP/NAME')
  if (policy !== undefined) return { expectation: { kind: 'policy-file', path: policy }, origins: [] }
  if (key !== undefined) return { expectation: { kind: 'key', path: key }, origins: [] }
  if (identity === undefined) return configured(settings)
  if (project === undefined) return flagged(await namedRule(flags))
  const { issuer, origins } = issuerOf(flags, settings)
  return flagged(projectRule(project, flags, issuer), origins)
}

function configured(settings: Settings): Expected {
  const { policy } = groupOf(settings, ['policy'])
  if (policy === undefined)
    throw clientVerifyErrors(
      'client.verify-expectation',
      'say who must have signed: --certificate-identity and --certificate-oidc-issuer, --project, --policy or --key',
    )
  return {
    expectation: { kind: 'policy-file', path: policy.value },
    origins: [{ name: 'policy', ...policy }],
  }
}

function flagged(rule: IdentityRule, origins: readonly Origin[] = []): Expected {
  const policy = { anyOf: [rule], rule: 'the expected identity is given by flags' }
  return { expectation: { kind: 'policy', policy }, origins }
}

/** Any of the flags that say who. */
function identityFlag(flags: VerifyFlags): string | undefined {
  const name = flags.project ?? flags.certificateIdentity ?? flags.certificateIdentityRegexp
  return name ?? flags.certificateOidcIssuer ?? flags.certificateOidcIssuerRegexp
}

async function namedRule(flags: VerifyFlags): Promise<IdentityRule> {
  const san = await textRule(
    '--certificate-identity',
    flags.certificateIdentity,
    flags.certificateIdentityRegexp,
  )
  const issuer = await textRule(
    '--certificate-oidc-issuer',
    flags.certificateOidcIssuer,
    flags.certificateOidcIssuerRegexp,
  )
  return { san, issuer }
}

async function textRule(
  flag: string,
  exact: string | undefined,
  source: string | undefined,
): Promise<TextRule> {
  atMostOne({ [flag]: exact, [`${flag}-regexp`]: source })
  if (exact !== undefined) return exactly(exact)
  if (source === undefined)
    throw clientVerifyErrors('client.verify-expectation', `${flag} is missing`, {
      hint: `add ${flag} VALUE: the identity and its OIDC issuer are needed together`,
    })
  try {
    return await matching(source)
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw wrong(`${flag}-regexp is not an RE2 pattern: ${cause.message}`)
  }
}

const PROJECT = /^[A-Za-z0-9_][A-Za-z0-9_.-]*(?:\/[A-Za-z0-9_][A-Za-z0-9_.-]*)+$/
const REF = /^[A-Za-z0-9._/@+*-]+$/

function projectRule(project: string, flags: VerifyFlags, issuer: string): IdentityRule {
  atMostOne({
    '--project': project,
    '--certificate-identity': flags.certificateIdentity ?? flags.certificateIdentityRegexp,
  })
  if (!PROJECT.test(project)) throw wrong('--project must be GROUP/NAME')
  const { ref = DEFAULT_REF } = flags
  if (!REF.test(ref)) throw wrong('--ref has characters that are not allowed in a ref')
  return gitLabRule({ issuer, project, refs: [ref.startsWith('refs/') ? ref : `refs/heads/${ref}`] })
}

function issuerOf(
  { certificateOidcIssuer: flag, certificateOidcIssuerRegexp: pattern }: VerifyFlags,
  settings: Settings,
): { readonly issuer: string; readonly origins: readonly Origin[] } {
  if (pattern !== undefined)
    throw wrong('--project needs the exact issuer, not a pattern', 'use --certificate-oidc-issuer URL')
  if (flag !== undefined) return { issuer: spelled(flag, '--certificate-oidc-issuer'), origins: [] }
  const { 'gitlab-url': setting } = groupOf(settings, ['gitlab-url'])
  if (setting === undefined)
    throw clientVerifyErrors('client.verify-expectation', 'the GitLab of the project is not given', {
      hint: 'add --certificate-oidc-issuer https://gitlab.example.com, or set WHEELSEAL_GITLAB_URL, or gitlab-url in wheelseal.toml',
    })
  return {
    issuer: spelled(setting.value, setting.from),
    origins: [{ name: 'gitlab-url', ...setting }],
  }
}

function spelled(issuer: string, from: string): string {
  if (isIssuerUrl(issuer)) return issuer
  throw wrong(
    `${from}: the issuer is not in the form of the claim iss`,
    'use the URL of the GitLab in lower case, without default port, query or trailing slash',
  )
}
