import type { Node } from '../../ciconfig/index.ts'
import type { Hit } from '../finding.ts'
import type { LintedJob, PlacedCommand, Project } from '../project/project.ts'
import { hasOption } from '../shell/program.ts'
import { hit, hitAt, inJobs, isSigning, pipVerb } from './look.ts'
import { pipeline, type Rule } from './rule.ts'

/** The names of the audiences of a token; undefined where it cannot be said. */
function audiencesOf(node: Node | undefined): readonly string[] | undefined {
  if (node?.kind === 'scalar') return [String(node.value)]
  return node?.kind === 'list' ? node.items.flatMap((item) => audiencesOf(item) ?? []) : undefined
}

interface IdToken {
  readonly name: string
  readonly node: Node
  readonly audiences: readonly string[]
}

function idTokensOf({ keywords }: LintedJob): readonly IdToken[] {
  const tokens = keywords.entries.get('id_tokens')?.value
  if (tokens?.kind !== 'map') return []
  return [...tokens.entries].flatMap(([name, { value }]) => {
    const aud = value.kind === 'map' ? value.entries.get('aud')?.value : undefined
    return aud === undefined ? [] : [{ name, node: aud, audiences: audiencesOf(aud) ?? [] }]
  })
}

/** Whoever runs commands in the job can sign as the project. */
export function maySign(job: LintedJob): boolean {
  const tokens = idTokensOf(job)
  const isForSigstore = tokens.some(
    ({ name, audiences }) => name === 'SIGSTORE_ID_TOKEN' || audiences.includes('sigstore'),
  )
  return isForSigstore || (tokens.length > 0 && job.commands.some(isSigning))
}

const audience: Rule = {
  code: 'WS105',
  severity: 'warning',
  title: 'an id token for another audience',
  what: '`SIGSTORE_ID_TOKEN` of a job that signs has an `aud` other than `sigstore`. A variable is not looked into.',
  consequence: 'The certificate authority refuses the token, and the sign stage fails.',
  fix: 'Write `aud: sigstore`, or the audience that your own certificate authority is configured for.',
  source: ['Fulcio, "OIDC": the audience `sigstore`', 'GitLab, "Use Sigstore for keyless signing"'],
  traps: [],
  bad: pipeline(`sign:
  id_tokens:
    SIGSTORE_ID_TOKEN:
      aud: https://gitlab.example.com
  script:
    - cosign sign-blob --yes --bundle a.sigstore.json a
`),
  good: pipeline(`sign:
  id_tokens:
    SIGSTORE_ID_TOKEN:
      aud: sigstore
  script:
    - cosign sign-blob --yes --bundle a.sigstore.json a
`),
  *check({ pipeline: planned }) {
    for (const job of planned?.jobs ?? [])
      for (const { name, node, audiences } of job.commands.some(isSigning) ? idTokensOf(job) : [])
        if (name === 'SIGSTORE_ID_TOKEN' && !audiences.some((one) => one === 'sigstore' || one.includes('$')))
          yield hitAt(node.at, `the job ${job.name} signs with a token for ${audiences.join(', ')}`)
  },
}

const FETCHES = /^(?:install|add|i|ci|download|get|sync)$/
const INSTALLERS = [
  'apt-get',
  'apt',
  'apk',
  'dnf',
  'yum',
  'npm',
  'yarn',
  'gem',
  'cargo',
  'go',
  'brew',
  'microdnf',
]

/** What brings programs of others into the job, whatever they are today. */
export function isInstalling({ invocation }: PlacedCommand): boolean {
  if (invocation === undefined) return false
  const verb = pipVerb(invocation)
  if (verb !== undefined)
    return (
      /^(?:install|download|wheel|sync)$/.test(verb) &&
      !hasOption(invocation, '--require-hashes', '--no-index')
    )
  const isTool =
    (invocation.program === 'uv' || invocation.program === 'pipx') &&
    invocation.args.some(({ text }) => text === 'install')
  return (
    isTool ||
    (INSTALLERS.includes(invocation.program) && invocation.args.some(({ text }) => FETCHES.test(text)))
  )
}

const installsWithToken: Rule = {
  code: 'WS106',
  severity: 'error',
  title: 'programs installed in a job that can sign',
  what: 'A job with an id token for Sigstore installs packages. With `--require-hashes` or `--no-index` it is fine.',
  consequence: 'Any of these packages, the day it is compromised, can sign anything as this project.',
  fix: 'Let the job take an image that has what it needs, pinned by digest, and nothing but the files that it signs.',
  source: ['GitLab, "Use Sigstore for keyless signing": best practices', 'SLSA v1.0, isolation of the build'],
  traps: ['S12'],
  bad: pipeline(`sign:
  id_tokens:
    SIGSTORE_ID_TOKEN:
      aud: sigstore
  script:
    - pip install build twine
    - cosign sign-blob --yes --bundle a.sigstore.json a
`),
  good: pipeline(`sign:
  image: registry.example.com/cosign@sha256:0000000000000000000000000000000000000000000000000000000000000000
  id_tokens:
    SIGSTORE_ID_TOKEN:
      aud: sigstore
  script:
    - cosign sign-blob --yes --bundle a.sigstore.json a
`),
  *check(project): Generator<Hit> {
    for (const { job, ...placed } of inJobs(project)) {
      if (placed.invocation !== undefined && maySign(job) && isInstalling(placed))
        yield hit(placed, placed.invocation.at, `the job ${job.name} holds an id token and installs packages`)
    }
  },
}

const idTokenForAll: Rule = {
  code: 'WS107',
  severity: 'warning',
  title: 'an id token for every job',
  what: '`default` has `id_tokens`.',
  consequence: 'Tests, linters and whatever they install can sign as this project.',
  fix: 'Give `id_tokens` to the one job that signs.',
  source: ['GitLab, CI/CD YAML reference: `id_tokens`'],
  traps: [],
  bad: pipeline(`default:
  id_tokens:
    SIGSTORE_ID_TOKEN:
      aud: sigstore
test:
  script: pytest
`),
  good: pipeline(`sign:
  id_tokens:
    SIGSTORE_ID_TOKEN:
      aud: sigstore
  script:
    - cosign sign-blob --yes --bundle a.sigstore.json a
`),
  *check({ pipeline: planned }: Project) {
    const defaults = planned?.root.entries.get('default')?.value
    const tokens = defaults?.kind === 'map' ? defaults.entries.get('id_tokens') : undefined
    if (tokens !== undefined) yield hitAt(tokens.keyAt, 'every job gets the id tokens')
  },
}

export const idTokenRules: readonly Rule[] = [audience, installsWithToken, idTokenForAll]
