/** Where a known trap of GitLab's signing tutorial is caught. */
export interface Trap {
  readonly id: string
  /** What is wrong, in a few words. */
  readonly what: string
  readonly place: 'lint' | 'doctor' | 'server' | 'documentation'
  /** Codes of rules; else the page that says more, from docs/reference/. */
  readonly by: readonly string[]
}

type Row = readonly [what: string, place: Trap['place'], ...by: readonly string[]]

const rows: Readonly<Record<string, Row>> = {
  S1: ['a source distribution is built before it is verified', 'lint', 'WS311'],
  S2: ['build requirements come from the same index', 'lint', 'WS311'],
  S3: ['users are told to download from PyPI', 'lint', 'WS313'],
  S4: ['an index forwards unknown names to PyPI', 'server', '../how-to/forward-build-backends.md', 'WS314'],
  S5: ['loops pass on no files', 'lint', 'WS301'],
  S6: ['the identity is a path, without the id of the project', 'lint', 'WS310'],
  S7: ['cosign is fetched and run unchecked', 'lint', 'WS501'],
  S8: ['cosign 2.2.3 has known holes', 'lint', 'WS502'],
  S9: ['no bundle is kept', 'lint', 'WS202'],
  S10: ['verification does not know the services that signed', 'lint', 'WS203'],
  S11: ['the id token is on the command line', 'lint', 'WS102'],
  S12: ['packages are installed in the job that can sign', 'lint', 'WS106', 'WS505'],
  S13: ['files are signed as they arrive from another job', 'lint', 'WS201'],
  S14: ['tokens stand in URLs, and are printed', 'lint', 'WS101', 'WS103'],
  S15: ['the job token is written into `.pypirc`', 'lint', 'WS104'],
  S16: ['packages are published before their signatures', 'lint', 'WS402'],
  S17: ['every branch publishes', 'lint', 'WS401'],
  S18: ['the expected identity is always that of the default branch', 'lint', 'WS307'],
  S19: ['jobs that build and sign share one cache', 'lint', 'WS206'],
  S20: ['a later upload shadows a signature', 'server', '../design/registry.md'],
  S21: ['curl keeps error pages as signatures', 'lint', 'WS315'],
  S22: [
    'what verification checks is left to the defaults of cosign',
    'documentation',
    '../how-to/verify-a-distribution.md',
  ],
  C1: ['sed over `name =` hits authors', 'lint', 'WS601'],
  C2: ['sed over `version =` hits settings of tools', 'lint', 'WS601'],
  C3: ['a dynamic version does not change', 'lint', 'WS609'],
  C4: [
    'placeholders, a readme that is missing, a setuptools that is too old',
    'lint',
    'WS605',
    'WS606',
    'WS607',
    'WS608',
  ],
  C5: ['`git init` and `git commit` in a clone', 'lint', 'WS602'],
  C6: ['global configuration of git', 'lint', 'WS603'],
  C7: ['names are normalized with `tr`', 'lint', 'WS604'],
  C8: ['three names for one package', 'lint', 'WS406'],
  C9: ['the version is written into the pipeline', 'lint', 'WS404'],
  C10: ['gitlab.com is written into the pipeline', 'lint', 'WS703'],
  C11: [
    'the pipeline may be configured by another file than the identity names',
    'doctor',
    '../how-to/find-out-what-is-wrong.md',
  ],
  C12: ['`COSIGN_EXPERIMENTAL` has no effect', 'lint', 'WS204'],
  C13: ['`--oidc-issuer` is not asked', 'lint', 'WS205'],
  C14: ['a default before_script that no job runs', 'lint', 'WS701'],
  C15: ['apt-get in four jobs', 'lint', 'WS506'],
  C16: ['an image by its tag, of a Python without support', 'lint', 'WS503', 'WS504'],
  C17: ['artifacts without an end', 'lint', 'WS702'],
  C18: ['patterns that must each match', 'lint', 'WS405'],
  C19: ['only the wheel of this machine is verified', 'lint', 'WS312'],
  C20: ['the `.crt` of cosign 2 is base64 of PEM', 'documentation', 'cosign.md'],
  C21: ['verification needs the network', 'lint', 'WS316'],
  C22: ['what is built is not what the commit contains', 'lint', 'WS601'],
  C23: ['an absolute path in a cache', 'lint', 'WS704'],
  C24: ['nothing but a name links a file and its signature', 'server', '../design/registry.md'],
}

export const traps: readonly Trap[] = Object.entries(rows).map(([id, [what, place, ...by]]) => ({
  id,
  what,
  place,
  by,
}))
