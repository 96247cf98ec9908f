import type { Hit } from '../finding.ts'
import type { LintedJob, PlacedCommand, Page, Pipeline, Project, Situation } from '../project/project.ts'
import { optionValues } from '../shell/program.ts'
import {
  expanded,
  hit,
  hitAt,
  isSigning,
  isUpload,
  isVerifying,
  jobSequences,
  setVariables,
  started,
} from './look.ts'
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

/** The pipelines whose signatures readers get: those that upload, else those that sign. */
export function releasing({ jobs, situations }: Pipeline): readonly Situation[] {
  const having = (holds: (placed: PlacedCommand) => boolean): readonly Situation[] => {
    const found = jobs.filter(({ commands }) => commands.some(holds))
    return situations.filter((situation) => found.some(({ planned }) => planned.has(situation)))
  }
  const signing = having(isSigning)
  const uploading = having(isUpload).filter((situation) => signing.includes(situation))
  return uploading.length > 0 ? uploading : signing
}

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
    const signs = new Set(
      planned.jobs
        .filter(({ commands }) => commands.some(isSigning))
        .flatMap((job) => [...job.planned.keys()]),
    )
    for (const sequence of jobSequences(project))
      for (const placed of started(sequence))
        for (const { text, word } of isVerifying(placed)
          ? optionValues(placed.invocation, ...IDENTITY)
          : []) {
          const wrong = [...sequence.job.planned.keys()].find((situation) => {
            const ref = refOf(expanded(text, { job: sequence.job, situation }))
            return signs.has(situation) && ref !== undefined && !ref.includes('$') && ref !== situation.ref
          })
          if (wrong === undefined) continue
          const ref = refOf(expanded(text, { job: sequence.job, situation: wrong })) ?? ''
          const what = `expects ${ref.slice(0, 100)}, also in ${pipelinesOf(wrong)}, which sign as ${wrong.ref}`
          yield definitionOf(text, { project, job: sequence.job, what }) ?? hit(placed, word, what)
        }
  },
}

export function pipelinesOf({ kind }: Situation): string {
  return kind === 'tag'
    ? 'pipelines of tags'
    : `pipelines of ${kind === 'branch' ? 'other branches' : 'the default branch'}`
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

/** What a page tells its readers to expect, variables that it sets put in. */
function expectedOn({ commands }: Page): readonly Expected[] {
  const variables = new Map<
    string,
    { readonly placed: PlacedCommand; readonly start: number; readonly text: string }
  >()
  const found: Expected[] = []
  for (const placed of commands) {
    const { command, invocation } = placed
    for (const { name, value } of command.assignments)
      variables.set(name, { placed, start: value.start, text: value.text })
    for (const word of invocation?.program === 'export' ? invocation.args : []) {
      const [, name, text] = /^(\w+)=(.*)$/s.exec(word.text) ?? []
      if (name !== undefined) variables.set(name, { placed, start: word.start, text: text ?? '' })
    }
    for (const { text, word } of isVerifying(placed) && invocation !== undefined
      ? optionValues(invocation, ...IDENTITY)
      : []) {
      const set = variables.get(/^\$\{?(\w+)\}?$/.exec(text)?.[1] ?? '')
      found.push(
        set === undefined ? { placed, at: word, text } : { placed: set.placed, at: set, text: set.text },
      )
    }
  }
  return found
}

const otherOnPage: Rule = {
  code: 'WS308',
  severity: 'error',
  title: 'a page that expects another identity than the one that signs',
  what: 'The README or a page of `docs/` verifies with an identity whose kind of ref, project or pipeline file is not that of the pipelines which publish.',
  consequence: 'Every reader who follows the page sees good files refused.',
  fix: 'Write the identity that the certificate will have; `wheelseal doctor` prints it.',
  source: ['Fulcio, "Certificate extensions": the SAN of GitLab pipelines'],
  traps: [],
  bad: example('refs/heads/main'),
  good: example('refs/tags/v1.0.0'),
  *check(project) {
    if (project.pipeline === undefined) return
    const releases = releasing(project.pipeline)
    for (const page of releases.length === 0 ? [] : project.pages)
      for (const { placed, at, text } of expectedOn(page)) {
        const what = mismatch(text, { project, releases })
        if (what !== undefined) yield hit(placed, at, what)
      }
  },
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

function mismatch(
  identity: string,
  { project, releases }: { readonly project: Project; readonly releases: readonly Situation[] },
): string | undefined {
  const [, place = '', file = '', ref = ''] =
    /^(https?:\/\/\S+?)\/\/([^@\s]+)@(refs\/(?:heads|tags)\/\S+)$/.exec(identity) ?? []
  if (place === '') return undefined
  const kind = ref.startsWith('refs/tags/') ? 'tag' : 'branch'
  const isSameKind = releases.some((situation) => (situation.kind === 'tag') === (kind === 'tag'))
  if (!isSameKind)
    return `expects ${ref.slice(0, 100)}, and releases are signed in ${releases.map(pipelinesOf).join(' and ')}`
  const { surroundings } = project
  const isPlaceholder = /[$<>{}]|your-|\bexample\b/i.test(place)
  const own = `${surroundings.serverUrl}/${surroundings.projectPath}`
  if (surroundings.isOriginKnown && !isPlaceholder && place !== own)
    return `expects ${place.slice(0, 100)}, and this project is ${own}`
  return file === '.gitlab-ci.yml' || file.includes('$')
    ? undefined
    : `expects the pipeline file ${file.slice(0, 100)}, and .gitlab-ci.yml signs`
}

export const identityRules: readonly Rule[] = [otherRef, otherOnPage]
