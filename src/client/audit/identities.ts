import type { AttestationIdentity } from '../../formats/python/locks/index.ts'
import type { SignerReport } from '../../gate/index.ts'

const GITLAB = 'https://gitlab.com'
const GITHUB = 'https://token.actions.githubusercontent.com'
const GITHUB_URL = 'https://github.com'
const GOOGLE = 'https://accounts.google.com'

type Signer = Pick<SignerReport, 'identity' | 'issuer' | 'claims'>

/**
 * Who signed, as PEP 751 has it: the keys of the publisher of PEP 740. Another GitLab than gitlab.com is told apart by a
 * key of its own, `issuer`. Undefined for a signer that no publisher of PEP 740 stands for.
 */
export function identityOf({ identity, issuer, claims }: Signer): AttestationIdentity | undefined {
  if (issuer === GOOGLE) return { kind: 'Google', email: identity }
  const { sourceRepositoryUri: uri, buildConfigUri: config, deploymentEnvironment: environment } = claims
  if (uri === undefined || config === undefined) return undefined
  const publisher = issuer === GITHUB ? githubPublisher(uri, config) : gitlabPublisher(uri, config, issuer)
  if (publisher === undefined || environment === undefined) return publisher
  return { ...publisher, environment }
}

function githubPublisher(uri: string, config: string): AttestationIdentity | undefined {
  const repository = below(uri, GITHUB_URL)
  const workflow = fileOf(config, `${uri}/.github/workflows/`)
  return repository && workflow ? { kind: 'GitHub', repository, workflow } : undefined
}

/** A pipeline file of another project keeps its whole name. */
function gitlabPublisher(uri: string, config: string, issuer: string): AttestationIdentity | undefined {
  const repository = below(uri, issuer)
  if (repository === undefined) return undefined
  const file = fileOf(config, `${uri.replace(/^http:/, 'https:')}//`) ?? withoutRef(config)
  const elsewhere = issuer === GITLAB ? {} : { issuer }
  return { kind: 'GitLab', repository, workflow_filepath: file, ...elsewhere }
}

function below(uri: string, base: string): string | undefined {
  const path = uri.startsWith(`${base}/`) ? uri.slice(base.length + 1) : ''
  return path === '' ? undefined : path
}

/** Refs may have an `@` of their own. */
function withoutRef(uri: string): string {
  const cut = uri.indexOf('@refs/')
  return cut < 0 ? uri : uri.slice(0, cut)
}

function fileOf(config: string, start: string): string | undefined {
  const path = withoutRef(config)
  return path.startsWith(start) && path.length > start.length ? path.slice(start.length) : undefined
}

/** Each once, in a stable order. */
export function identitiesOf(signers: readonly Signer[]): readonly AttestationIdentity[] {
  const found = signers.map(identityOf).filter((one) => one !== undefined)
  const byKey = new Map(found.map((one) => [JSON.stringify(Object.entries(one)), one]))
  return [...byKey].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one)
}

/** What the lock does not say of an identity may be anything, but the issuer: no key means the public one of its kind. */
export function isSameIdentity(locked: AttestationIdentity, found: AttestationIdentity): boolean {
  return (
    locked['issuer'] === found['issuer'] &&
    Object.entries(locked).every(([key, value]) => found[key] === value)
  )
}

/** `gitlab.com/acme/demo (.gitlab-ci.yml)` */
export function shownIdentity(identity: AttestationIdentity): string {
  const { kind = '', repository, workflow, workflow_filepath: file, email, issuer } = identity
  const host = issuer?.replace(/^https?:\/\//, '') ?? `${kind.toLowerCase()}.com`
  if (repository === undefined) return `${kind} ${email ?? ''}`.trim()
  const path = workflow ?? file
  return `${host}/${repository}${path === undefined ? '' : ` (${path})`}`
}

/** As people know it: `gitlab.com/acme/demo`. */
export function shownSigner({ identity, claims }: Signer): string {
  return (claims['sourceRepositoryUri'] ?? identity).replace(/^https?:\/\//, '')
}
