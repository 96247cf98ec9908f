import type { Edit, Hit } from '../finding.ts'
import type { PlacedCommand } from '../project/project.ts'
import type { Assignment } from '../shell/command.ts'
import { hasOption, optionValues } from '../shell/program.ts'
import { maySign } from './id-tokens.ts'
import {
  editOf,
  hit,
  hitAt,
  isBuild,
  isChecksum,
  isCosignVerify,
  isFileSigning,
  isSigning,
  jobSequences,
  removal,
  sequences,
  setVariables,
  started,
  verbOf,
  cachesOf,
  everywhere,
  startedAnywhere,
} from './look.ts'
import { pipeline, type Rule } from './rule.ts'

const SIGN_JOB = `sign:
  id_tokens:
    SIGSTORE_ID_TOKEN:
      aud: sigstore
  script:
`

const unchecked: Rule = {
  code: 'WS201',
  severity: 'warning',
  title: 'files signed as they arrive',
  what: 'A job signs files that another job has built, and compares no checksums before. Images are not meant: `cosign sign` signs what a registry has.',
  consequence: 'An attacker who can change an artifact between the two jobs gets a good signature over it.',
  fix: 'Record `sha256sum` in the build job, and run `sha256sum --check` on it before signing; or build and sign in one job.',
  source: ['GitLab, "Use Sigstore for keyless signing": build and sign in the same job'],
  traps: ['S13'],
  bad: pipeline(`${SIGN_JOB}    - cosign sign-blob --yes --bundle a.whl.sigstore.json dist/a.whl\n`),
  good: pipeline(`${SIGN_JOB}    - sha256sum --check --strict SHA256SUMS
    - cosign sign-blob --yes --bundle a.whl.sigstore.json dist/a.whl\n`),
  *check(project) {
    for (const { commands, job } of jobSequences(project)) {
      const first = commands.findIndex(isFileSigning)
      const signing = commands[first]
      const before = commands.slice(0, first)
      if (signing?.invocation !== undefined && !before.some((one) => isBuild(one) || isChecksum(one)))
        yield hit(
          signing,
          signing.invocation.at,
          `the job ${job.name} signs what another job has built, unchecked`,
        )
    }
  },
}

const withoutBundle: Rule = {
  code: 'WS202',
  severity: 'warning',
  title: 'a signature without its log entry',
  what: '`cosign sign-blob` without `--bundle`.',
  consequence:
    'Verification has to search the log by the digest each time: not without a network, not in Rekor v2, and cosign 3 refuses to sign.',
  fix: 'Add `--bundle "$file.sigstore.json"`, and publish the bundle next to the file; `.sig` and `.crt` may stay.',
  source: ['cosign changelog, 3.0', 'Sigstore, "Sigstore bundle format"'],
  traps: ['S9'],
  bad: pipeline(
    `${SIGN_JOB}    - cosign sign-blob --yes --output-signature a.sig --output-certificate a.crt a\n`,
  ),
  good: pipeline(`${SIGN_JOB}    - cosign sign-blob --yes --bundle a.sigstore.json a\n`),
  *check(project) {
    for (const sequence of sequences(project))
      for (const placed of started(sequence, 'cosign', 'wheelseal'))
        if (verbOf(placed.invocation) === 'sign-blob' && !hasOption(placed.invocation, '--bundle', '--key'))
          yield hit(placed, placed.invocation.at, 'the bundle is not kept')
  },
}

const SERVICES = ['--fulcio-url', '--rekor-url']
const TRUST = ['--rekor-url', '--trusted-root', '--bundle', '--offline', '--signing-config']
const TRUST_VARIABLE =
  /^(?:COSIGN_REKOR_URL|COSIGN_TRUSTED_ROOT|SIGSTORE_REKOR_PUBLIC_KEY|TUF_ROOT|TUF_MIRROR)$/

const servicesOnce: Rule = {
  code: 'WS203',
  severity: 'warning',
  title: 'services that only the sign stage knows',
  what: 'Signing is given the URLs of Fulcio and Rekor, and a job that verifies neither names Rekor nor a trust root.',
  consequence:
    'With a private Sigstore the verification asks the public one, and fails, or checks against the wrong root.',
  fix: 'Set `COSIGN_REKOR_URL`, or `--trusted-root`, for the jobs that verify, from the same variables.',
  source: ['cosign, `cosign verify-blob --help`', 'Sigstore, "Configuring Cosign with custom components"'],
  traps: ['S10'],
  bad: pipeline(`${SIGN_JOB}    - cosign sign-blob --yes --rekor-url=$REKOR_URL --bundle a.sigstore.json a
verify:
  script: cosign verify-blob --certificate a.crt --signature a.sig --certificate-identity $I --certificate-oidc-issuer $O a
`),
  good: pipeline(`${SIGN_JOB}    - cosign sign-blob --yes --rekor-url=$REKOR_URL --bundle a.sigstore.json a
verify:
  script: cosign verify-blob --rekor-url=$REKOR_URL --certificate a.crt --signature a.sig --certificate-identity $I --certificate-oidc-issuer $O a
`),
  *check(project) {
    const jobs = jobSequences(project)
    const names = jobs.some(({ commands }) =>
      commands.some(
        (one) => isSigning(one) && one.invocation !== undefined && hasOption(one.invocation, ...SERVICES),
      ),
    )
    for (const sequence of names ? jobs : []) {
      const isSet = [...setVariables(project)].some(
        ({ name, job }) => TRUST_VARIABLE.test(name) && (job === undefined || job === sequence.job),
      )
      const isInitialized = sequence.commands.some(
        ({ invocation }) => invocation?.args[0]?.text === 'initialize',
      )
      const isExported = sequence.commands.some(({ command }) =>
        command.assignments.some(({ name }) => TRUST_VARIABLE.test(name)),
      )
      for (const placed of isSet || isInitialized || isExported ? [] : started(sequence))
        if (isCosignVerify(placed) && !hasOption(placed.invocation, ...TRUST))
          yield hit(
            placed,
            placed.invocation.at,
            `the job ${sequence.job.name} verifies with the default services`,
          )
    }
  },
}

const EXPERIMENTAL = 'COSIGN_EXPERIMENTAL'
const NO_EFFECT = `${EXPERIMENTAL} has no effect`

const experimental: Rule = {
  code: 'WS204',
  severity: 'note',
  title: 'a variable that cosign no longer reads',
  what: '`COSIGN_EXPERIMENTAL` is set.',
  consequence:
    'Nothing: since cosign 2.0 keyless signing needs no flag, and readers look for a meaning that it does not have.',
  fix: 'Delete it.',
  source: ['cosign changelog, 2.0.0'],
  traps: ['C12'],
  bad: { 'README.md': '```sh\nCOSIGN_EXPERIMENTAL=1 cosign verify-blob --key a.pub a\n```\n' },
  good: { 'README.md': '```sh\ncosign verify-blob --key a.pub a\n```\n' },
  *check(project): Generator<Hit> {
    for (const placed of everywhere(project)) yield* experimentalIn(placed)
    for (const { name, node } of setVariables(project))
      if (name === EXPERIMENTAL) yield hitAt(node.at, NO_EFFECT)
  },
}

function* experimentalIn(placed: PlacedCommand): Generator<Hit> {
  const { words, assignments } = placed.command
  for (const one of assignments.filter(({ name }) => name === EXPERIMENTAL))
    yield { ...hit(placed, one.value, NO_EFFECT), edits: words.length > 0 ? prefixEdit(placed, one) : [] }
  const [program, ...args] = words
  if (program?.text !== 'export' || !args.some(({ text }) => text.startsWith(`${EXPERIMENTAL}=`))) return
  yield { ...hit(placed, program, NO_EFFECT), edits: args.length === 1 ? lineEdit(placed) : [] }
}

function prefixEdit(placed: PlacedCommand, { name, value }: Assignment): readonly Edit[] {
  const start = value.start - name.length - 1
  const gap = /^[ \t]*/.exec(placed.snippet.text.slice(value.end))?.[0].length ?? 0
  return editOf(placed, { start, end: value.end + gap, text: '' })
}

/** The whole line, where it is one entry of a list that has others beside it. */
function lineEdit({ snippet }: PlacedCommand): readonly Edit[] {
  const { file } = snippet
  if (!file.isOwn) return []
  const { line } = file.position(snippet.origin(0))
  const indentation = /^(\s*- )export COSIGN_EXPERIMENTAL=\S*\s*$/.exec(file.line(line))?.[1]
  if (indentation === undefined) return []
  const isNotAlone =
    file.line(line - 1).startsWith(indentation) || file.line(line + 1).startsWith(indentation)
  const from = file.offset({ line, column: 1 })
  return isNotAlone
    ? [{ file: file.path, from, to: file.offset({ line: line + 1, column: 1 }), text: '' }]
    : []
}

const ignoredIssuer: Rule = {
  code: 'WS205',
  severity: 'note',
  title: 'an issuer that is not asked',
  what: '`--oidc-issuer` together with `--identity-token` when signing.',
  consequence:
    'Nothing: the issuer stands in the token, and on a GitLab that the certificate authority does not know, signing fails all the same.',
  fix: 'Leave `--oidc-issuer` out.',
  source: ['cosign, `cosign sign-blob --help`'],
  traps: ['C13'],
  bad: pipeline(
    `${SIGN_JOB}    - cosign sign-blob --yes --oidc-issuer $CI_SERVER_URL --identity-token token.txt --bundle b a\n`,
  ),
  good: pipeline(`${SIGN_JOB}    - cosign sign-blob --yes --identity-token token.txt --bundle b a\n`),
  *check(project) {
    for (const placed of startedAnywhere(project, 'cosign', 'wheelseal')) {
      const { invocation } = placed
      if (!isSigning(placed) || !hasOption(invocation, '--identity-token')) continue
      for (const { word } of optionValues(invocation, '--oidc-issuer')) {
        const { args } = invocation
        const start = word.text.startsWith('--') ? word : (args[args.indexOf(word) - 1] ?? word)
        yield {
          ...hit(placed, start, 'the token already says who issued it'),
          edits: removal(placed, { start: start.start, end: word.end }),
        }
      }
    }
  },
}

const sharedCache: Rule = {
  code: 'WS206',
  severity: 'warning',
  title: 'a shared cache in a job that builds or signs',
  what: 'A job that builds distributions restores a cache without a `key`, or a job that can sign restores any cache.',
  consequence:
    'The cache `default` is shared by all jobs and branches: what one of them puts there is run where releases are made.',
  fix: 'Take the cache out of the job that signs, and give the one of the build job a `key` with `files`.',
  source: [
    'GitLab, "Caching in GitLab CI/CD": cache key',
    'GitLab, "Cache poisoning" in the security page of caches',
  ],
  traps: ['S19'],
  bad: pipeline(`build:
  script: python -m build
  cache:
    paths: [.cache]
`),
  good: pipeline(`build:
  script: python -m build
  cache:
    key:
      files: [requirements.txt]
    paths: [.cache]
`),
  *check(project) {
    for (const { job, commands } of jobSequences(project)) {
      const entry = job.keywords.entries.get('cache')
      if (entry === undefined || !cachesOf(job).some((cache) => cache.kind === 'map')) continue
      const isKeyless = cachesOf(job).some((cache) => cache.kind === 'map' && !cache.entries.has('key'))
      if (maySign(job)) yield hitAt(entry.keyAt, `the job ${job.name} holds an id token and restores a cache`)
      else if (isKeyless && commands.some(isBuild))
        yield hitAt(entry.keyAt, `the job ${job.name} builds with a cache that every branch can fill`)
    }
  },
}

export const signingRules: readonly Rule[] = [
  unchecked,
  withoutBundle,
  servicesOnce,
  experimental,
  ignoredIssuer,
  sharedCache,
]
