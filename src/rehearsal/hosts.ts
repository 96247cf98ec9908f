export const GITLAB = 'gitlab.com'
const GITHUB = 'github.com'
/** Where GitHub keeps the files of releases: it answers a download with a redirect there. */
const GITHUB_FILES = 'objects.githubusercontent.com'
const FULCIO = 'fulcio.sigstore.dev'
const REKOR = 'rekor.sigstore.dev'

/** What the answer to a request is made of. */
export type StandInAnswer =
  /** By the services of this rehearsal, at the same path. */
  | { readonly kind: 'services' }
  | { readonly kind: 'redirect'; readonly location: string }
  | { readonly kind: 'cosign' }
  | { readonly kind: 'nothing' }

export interface StandInHost {
  readonly host: string
  /** For people: what is answered in its place, and by what. */
  readonly says: string
  /** What a download from it gets; undefined where it has none. */
  readonly serves?: 'cosign'
  readonly answer: (path: string) => StandInAnswer
}

const SERVICES: StandInAnswer = { kind: 'services' }
const NOTHING: StandInAnswer = { kind: 'nothing' }

/** Paths of the services of an instance that GitLab does not have. */
const NOT_GITLAB = /^\/(?:api\/v[12]|checkpoint|ct|log|metrics|readyz|tile|tuf)(?:\/|$)/
const OF_FULCIO = /^\/(?:api\/v[12]\/(?:signingCert|rootCert|trustBundle|configuration)|healthz)$/
const OF_REKOR = /^\/(?:api\/v1\/(?:log|index|version)(?:\/.*)?|healthz)$/
const COSIGN =
  /^\/sigstore\/cosign\/releases\/download\/(v[0-9]{1,4}(?:\.[0-9]{1,4}){2})\/cosign-linux-amd64$/
const COSIGN_FILE = /^\/sigstore\/cosign\/v[0-9.]{1,14}\/cosign-linux-amd64$/

/** Whoever is answered here in the place of the real one: these and nobody else. */
export const STAND_IN_HOSTS: readonly StandInHost[] = [
  {
    host: GITLAB,
    says: 'the registries, the API and the id tokens of this run',
    answer: (path) => (NOT_GITLAB.test(path) ? NOTHING : SERVICES),
  },
  {
    host: FULCIO,
    says: 'the certificate authority of this run',
    answer: (path) => (OF_FULCIO.test(path) ? SERVICES : NOTHING),
  },
  {
    host: REKOR,
    says: 'the transparency log of this run',
    answer: (path) => (OF_REKOR.test(path) ? SERVICES : NOTHING),
  },
  { host: GITHUB, says: 'the release of cosign, and nothing else', answer: github },
  {
    host: GITHUB_FILES,
    says: 'the file of that release',
    serves: 'cosign',
    answer: (path) => (COSIGN_FILE.test(path) ? { kind: 'cosign' } : NOTHING),
  },
]

/** Redirected as GitHub does, so that a download that follows no redirect fails here as it does there. */
function github(path: string): StandInAnswer {
  const version = COSIGN.exec(path)?.[1]
  if (version === undefined) return NOTHING
  return {
    kind: 'redirect',
    location: `https://${GITHUB_FILES}/sigstore/cosign/${version}/cosign-linux-amd64`,
  }
}

/** The TUF repository of public Sigstore, for which no stand-in can exist: clients start from a root that they hold. */
const TUF_HOSTS = ['tuf-repo-cdn.sigstore.dev', 'sigstore-tuf-root.storage.googleapis.com']

/** Why a host is refused, where a rehearsal knows more than that it is not on the list. */
export function explainRefusal(host: string): string | undefined {
  if (TUF_HOSTS.includes(host))
    return 'the TUF repository of public Sigstore is never imitated; a rehearsal gives its trust root in the variables SIGSTORE_ROOT_FILE, SIGSTORE_REKOR_PUBLIC_KEY and SIGSTORE_CT_LOG_PUBLIC_KEY_FILE, which cosign 2 reads'
  return undefined
}
