import type { Hit } from '../finding.ts'
import type { LintedJob, PlacedCommand, Page, Project, Situation } from '../project/project.ts'
import { hasOption, optionValues, subcommandOf, type Invocation, type OptionValue } from '../shell/program.ts'
import {
  CONFIG_FILE,
  otherProject,
  pipelineOf,
  pipelinesOf,
  releasing,
  whyRefused,
  type ExpectedPipeline,
} from './expected.ts'
import { expanded, hit, hitAt, inJobs, isSigning, isVerifying, setVariables } from './look.ts'
import { pipeline, type Example, type Rule } from './rule.ts'

const IDENTITY = ['--certificate-identity', '--cert-identity', '--identity']
export const SIGN = `sign:
  id_tokens:
    SIGSTORE_ID_TOKEN:
      aud: sigstore
  script:
    - cosign sign-blob --yes --bundle a.sigstore.json a
`
export const ONLY_TAGS = '  rules:\n    - if: $CI_COMMIT_TAG\n'

function refOf(identity: string): string | undefined {
  return /\/\/[^@\s]+@(refs\/(?:heads|tags)\/\S+)$/.exec(identity)?.[1]
}

const otherRef: Rule = {
  code: 'WS307',
  severity: 'error',
  title: 'an identity of another ref than the one that signs',
  what: 'A job expects an identity of a fixed ref, and is also in pipelines of other refs, of tags for example, whose signatures it verifies.',
  consequence:
    'Verification fails where releases are made, and a signature of any commit of that branch, old or new, passes.',
  fix: 'Run these jobs for tags only, and expect `refs/tags/$CI_COMMIT_TAG`.',
  source: [
    'Fulcio, "Certificate extensions": the SAN of GitLab pipelines',
    'GitLab, "Predefined CI/CD variables"',
  ],
  traps: ['S18'],
  bad: pipeline(`${SIGN}verify:
  script: cosign verify-blob --bundle a.sigstore.json --certificate-identity "$CI_SERVER_URL/$CI_PROJECT_PATH//.gitlab-ci.yml@refs/heads/$CI_DEFAULT_BRANCH" --certificate-oidc-issuer "$CI_SERVER_URL" a
`),
  good: pipeline(`${SIGN}${ONLY_TAGS}verify:
  script: cosign verify-blob --bundle a.sigstore.json --certificate-identity "$CI_SERVER_URL/$CI_PROJECT_PATH//.gitlab-ci.yml@refs/tags/$CI_COMMIT_TAG" --certificate-oidc-issuer "$CI_SERVER_URL" a
${ONLY_TAGS}`),
  *check(project) {
    const { pipeline: planned } = project
    if (planned === undefined) return
    const signing = planned.jobs.filter(({ commands }) => commands.some(isSigning))
    const signs = new Set<Situation>()
    for (const job of signing) for (const situation of job.planned.keys()) signs.add(situation)
    for (const placed of inJobs(project)) {
      const { invocation, job } = placed
      if (invocation === undefined || !isVerifying(placed)) continue
      for (const { text, word } of optionValues(invocation, ...IDENTITY)) {
        const what = unexpectedRef(text, { job, signs })
        if (what !== undefined) yield definitionOf(text, { project, job, what }) ?? hit(placed, word, what)
      }
    }
  },
}

/** The pipelines that sign as another ref than the one that is expected in them. */
function unexpectedRef(
  identity: string,
  { job, signs }: { readonly job: LintedJob; readonly signs: ReadonlySet<Situation> },
): string | undefined {
  for (const situation of job.planned.keys()) {
    const ref = refOf(expanded(identity, { job, situation }))
    if (!signs.has(situation) || ref === undefined || ref.includes('$') || ref === situation.ref) continue
    return `expects ${ref.slice(0, 100)}, also in ${pipelinesOf(situation)}, which sign as ${situation.ref}`
  }
  return undefined
}

/** Where the variable is set that is all of the text. */
function definitionOf(
  text: string,
  { project, job, what }: { readonly project: Project; readonly job: LintedJob; readonly what: string },
): Hit | undefined {
  const name = /^\$\{?(\w+)\}?$/.exec(text)?.[1]
  const set = [...setVariables(project)].filter(
    (one) => one.name === name && (one.job === undefined || one.job === job),
  )
  const last = set.at(-1)
  return last === undefined ? undefined : hitAt(last.node.at, what)
}

interface Expected {
  readonly placed: PlacedCommand
  readonly at: { readonly start: number }
  readonly text: string
}

type SetOnPage = ReadonlyMap<string, Expected>

interface ExpectedOnPage extends Omit<Expected, 'text'> {
  readonly pipeline: ExpectedPipeline
}

/** What a page tells its readers to expect, variables that it sets put in. */
function expectedOn({ commands }: Page): readonly ExpectedOnPage[] {
  const variables = new Map<string, Expected>()
  const found: ExpectedOnPage[] = []
  for (const placed of commands) {
    for (const [name, expected] of setBy(placed)) variables.set(name, expected)
    found.push(...identitiesOf(placed, variables), ...projectsOf(placed, variables))
  }
  return found
}

function setBy(placed: PlacedCommand): readonly (readonly [string, Expected])[] {
  const { command, invocation } = placed
  const exported = invocation?.program === 'export' ? invocation.args : []
  return [
    ...command.assignments.map(({ name, value }) => [name, { placed, at: value, text: value.text }] as const),
    ...exported.flatMap((word) => {
      const [, name, text] = /^(\w+)=(.*)$/s.exec(word.text) ?? []
      return name === undefined ? [] : [[name, { placed, at: word, text: text ?? '' }] as const]
    }),
  ]
}

function identitiesOf(placed: PlacedCommand, variables: SetOnPage): readonly ExpectedOnPage[] {
  const { invocation } = placed
  if (invocation === undefined || !isVerifying(placed)) return []
  return optionValues(invocation, ...IDENTITY).flatMap((value) => {
    const { text, ...place } = valueOf(value, placed, variables)
    const pipelineExpected = pipelineOf(text)
    return pipelineExpected === undefined ? [] : [{ ...place, pipeline: pipelineExpected }]
  })
}

const WITH_PROJECT = ['verify', 'fetch', 'install']
/** With one of these `--project` says at most where the files are. */
const OTHERWISE = ['--policy', '--key', '--certificate-identity', '--certificate-identity-regexp']

/** `wheelseal verify --project GROUP/NAME --ref REF` and the like. */
function projectsOf(placed: PlacedCommand, variables: SetOnPage): readonly ExpectedOnPage[] {
  const { invocation } = placed
  if (invocation === undefined || !isByProject(invocation)) return []
  const [ref] = optionValues(invocation, '--ref')
  const refs = [fullRef(ref === undefined ? 'main' : valueOf(ref, placed, variables).text)]
  return optionValues(invocation, '--project').flatMap((value) => {
    const { text, ...place } = valueOf(value, placed, variables)
    // The id of a project says where its files are, and not who signs.
    if (/^\d+$/.test(text)) return []
    return [{ ...place, pipeline: { project: text, file: CONFIG_FILE, refs } }]
  })
}

function isByProject(invocation: Invocation): boolean {
  if (invocation.program !== 'wheelseal' || hasOption(invocation, ...OTHERWISE)) return false
  return WITH_PROJECT.includes(subcommandOf(invocation) ?? '')
}

function fullRef(name: string): string {
  return name.startsWith('refs/') || name.startsWith('$') ? name : `refs/heads/${name}`
}

function valueOf({ text, word }: OptionValue, placed: PlacedCommand, variables: SetOnPage): Expected {
  return variables.get(/^\$\{?(\w+)\}?$/.exec(text)?.[1] ?? '') ?? { placed, at: word, text }
}

const otherOnPage: Rule = {
  code: 'WS308',
  severity: 'error',
  title: 'a page that expects another identity than the one that signs',
  what: 'The README or a page of `docs/` verifies with an identity, or with `--project` and `--ref`, whose kind of ref, branch, project or pipeline file is not that of the pipelines which publish.',
  consequence: 'Every reader who follows the page sees good files refused.',
  fix: 'Write the identity that the certificate will have; `wheelseal policy init` shows that of a release.',
  source: [
    'Fulcio, "Certificate extensions": the SAN of GitLab pipelines',
    '[Which identity do I expect?](../how-to/expect-an-identity.md)',
  ],
  traps: [],
  bad: example('refs/heads/main'),
  good: example('refs/tags/v1.0.0'),
  *check(project) {
    if (project.pipeline === undefined) return
    const { situations } = releasing(project.pipeline)
    for (const page of situations.length === 0 ? [] : project.pages)
      for (const { placed, at, pipeline: expected } of expectedOn(page)) {
        const what = mismatch(expected, { project, situations })
        if (what !== undefined) yield hit(placed, at, what)
      }
  },
}

/** A page may be about one of several kinds of releases. */
function mismatch(
  expected: ExpectedPipeline,
  { project, situations }: { readonly project: Project; readonly situations: readonly Situation[] },
): string | undefined {
  const reasons = situations.map((situation) => whyRefused(expected, { project, situation, by: 'page' }))
  const isAccepted = reasons.includes(undefined)
  return otherProject(expected.project, project.surroundings) ?? (isAccepted ? undefined : reasons[0])
}

function example(ref: string): Example {
  return {
    '.gitlab-ci.yml': `${SIGN}${ONLY_TAGS}`,
    'README.md': `\`\`\`sh
cosign verify-blob --bundle a.sigstore.json \\
  --certificate-identity https://gitlab.example.com/acme/demo//.gitlab-ci.yml@${ref} \\
  --certificate-oidc-issuer https://gitlab.example.com a
\`\`\`
`,
  }
}

export const identityRules: readonly Rule[] = [otherRef, otherOnPage]
