import { initErrors, selfManaged, type Target, type TargetName } from '../../init/index.ts'
import type { GitFacts } from '../lint/project-facts.ts'

export interface TargetChoice {
  /** Undefined: by the remote of git. */
  readonly name: TargetName | undefined
  /** Of the trust services of a self-managed GitLab. */
  readonly url: string | undefined
  readonly fingerprint: string | undefined
}

export interface ChosenTarget {
  readonly target: Target
  /** For people: `the remote origin is on gitlab.com`. */
  readonly why: string
}

/** Hosts of git that are no GitLab. */
const NO_GITLAB: ReadonlySet<string> = new Set(['github.com', 'bitbucket.org', 'codeberg.org'])

/** Throws `init.target` where flags and remote do not say enough. */
export function chooseTarget(choice: TargetChoice, git: GitFacts): ChosenTarget {
  const { name, why } =
    choice.name === undefined ? detected(choice, git) : { name: choice.name, why: '--for says so' }
  const { url, fingerprint } = choice
  if (name !== 'self-managed') {
    if (url === undefined && fingerprint === undefined) return { target: { kind: name }, why }
    throw initErrors('init.target', `--url and --fingerprint are of --for self-managed, not of ${name}`)
  }
  if (url !== undefined && fingerprint !== undefined) return { target: selfManaged(url, fingerprint), why }
  throw initErrors(
    'init.target',
    `a self-managed GitLab (${why}) needs trust services: --url and --fingerprint are missing`,
    {
      hint: "'wheelseal up' prints both on the server with the trust services; for pipelines on this machine only, give --for local",
    },
  )
}

function detected(
  { url, fingerprint }: TargetChoice,
  { isOriginKnown, serverUrl }: GitFacts,
): { readonly name: TargetName; readonly why: string } {
  if (url !== undefined || fingerprint !== undefined)
    return { name: 'self-managed', why: '--url names its trust services' }
  if (!isOriginKnown) return { name: 'local', why: 'there is no remote origin on a server' }
  const { hostname } = new URL(serverUrl)
  const why = `the remote origin is on ${hostname}`
  if (hostname === 'gitlab.com') return { name: 'gitlab.com', why }
  if (NO_GITLAB.has(hostname)) return { name: 'local', why: `${why}, which is not a GitLab` }
  return { name: 'self-managed', why }
}
