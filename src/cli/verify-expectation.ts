import { appVerifyErrors, type Expectation } from '../app/verify/index.ts'
import { isIssuerUrl } from '../identity/index.ts'
import { exactly, gitLabRule, matching, type IdentityRule, type TextRule } from '../verify/index.ts'
import { atMostOne, wrong, type Environment, type VerifyFlags } from './verify-usage.ts'

const DEFAULT_REF = 'main'

/** Who must have signed, as flags and environment say it. Throws `app.verify-expectation`, `app.verify-flags`. */
export async function expectationOf(flags: VerifyFlags, env: Environment): Promise<Expectation> {
  const { policy, key, ref, project } = flags
  const identity = identityFlag(flags)
  atMostOne({ '--policy': policy, '--key': key, 'an identity': identity })
  if (ref !== undefined && project === undefined)
    throw wrong('--ref is of a project', 'add --project GROUP/NAME')
  if (policy !== undefined) return { kind: 'policy-file', path: policy }
  if (key !== undefined) return { kind: 'key', path: key }
  if (identity === undefined)
    throw appVerifyErrors('app.verify-expectation', 'nothing says who must have signed')
  const rule = project === undefined ? await namedRule(flags) : projectRule(project, flags, env)
  return { kind: 'policy', policy: { anyOf: [rule], rule: 'who must have signed is said by flags' } }
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
    throw appVerifyErrors('app.verify-expectation', 'only half of an identity is given', {
      hint: `add ${flag} VALUE: a name means nothing without the issuer that gave it, nor an issuer without a name`,
    })
  try {
    return await matching(source)
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw wrong(`${flag}-regexp is no pattern of RE2: ${cause.message}`)
  }
}

const PROJECT = /^[A-Za-z0-9_][A-Za-z0-9_.-]*(?:\/[A-Za-z0-9_][A-Za-z0-9_.-]*)+$/
const REF = /^[A-Za-z0-9._/@+*-]+$/

function projectRule(project: string, flags: VerifyFlags, env: Environment): IdentityRule {
  atMostOne({
    '--project': project,
    '--certificate-identity': flags.certificateIdentity ?? flags.certificateIdentityRegexp,
  })
  if (flags.certificateOidcIssuerRegexp !== undefined)
    throw wrong('--project needs the issuer itself, and no pattern', 'give --certificate-oidc-issuer URL')
  if (!PROJECT.test(project)) throw wrong('--project is not GROUP/NAME')
  const { ref = DEFAULT_REF } = flags
  if (!REF.test(ref)) throw wrong('--ref has characters that no ref has')
  const issuer = issuerOf(flags, env)
  return gitLabRule({ issuer, project, refs: [ref.startsWith('refs/') ? ref : `refs/heads/${ref}`] })
}

/** A job of GitLab has `CI_SERVER_URL`: its own GitLab is the one that is meant. */
function issuerOf({ certificateOidcIssuer: flag }: VerifyFlags, env: Environment): string {
  const issuer = flag ?? (env['WHEELSEAL_GITLAB_URL'] || env['CI_SERVER_URL'] || undefined)
  if (issuer === undefined)
    throw appVerifyErrors('app.verify-expectation', 'nothing says on which GitLab the project is', {
      hint: 'add --certificate-oidc-issuer https://gitlab.example.com, or set WHEELSEAL_GITLAB_URL',
    })
  if (!isIssuerUrl(issuer))
    throw wrong(
      'the issuer is not spelled as in the claim iss',
      'write the URL of the GitLab in lower case, without default port, query or slash at its end',
    )
  return issuer
}
