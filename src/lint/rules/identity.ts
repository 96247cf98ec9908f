import type { Hit } from '../finding.ts'
import type {
  LintedJob,
  PlacedCommand,
  Page,
  Pipeline,
  PolicyText,
  Project,
  Situation,
} from '../project/project.ts'
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
const SIGN = `sign:
  id_tokens:
    SIGSTORE_ID_TOKEN:
      aud: sigstore
  script:
    - cosign sign-blob --yes --bundle a.sigstore.json a
`
const ONLY_TAGS = '  rules:\n    - if: $CI_COMMIT_TAG\n'

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

function pipelinesOf({ kind }: Situation): string {
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

interface Who {
  readonly [key: string]: unknown
}

/** The identities of a policy, with the place where the file first names one of their values. */
function* identitiesOf({
  value,
}: PolicyText): Generator<{ readonly names: readonly unknown[]; readonly who: Who }> {
  const rules = Array.isArray(value['rules']) ? (value['rules'] as readonly unknown[]) : []
  for (const rule of rules) {
    if (!isTable(rule)) continue
    const names = [...listOf(rule['names']), ...listOf(rule['prefixes'])]
    for (const who of listOf(rule['any_of'])) if (isTable(who)) yield { names, who }
  }
}

function isTable(value: unknown): value is Who {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function placeOf({ file }: PolicyText, text: string): Hit {
  const at = file.text.indexOf(JSON.stringify(text))
  return { ...file.position(Math.max(at, 0)), what: '' }
}

/** `*` is one or more characters except a slash. */
function matchesRef(pattern: string, ref: string): boolean {
  const parts = pattern.split('*')
  if (parts.length > 8) return true
  const source = parts.map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)).join('[^/]+')
  return new RegExp(`^${source}$`).test(ref)
}

const otherInPolicy: Rule = {
  code: 'WS309',
  severity: 'error',
  title: 'a policy that refuses what this project signs',
  what: 'A policy file names this project, and none of its identities for it allows a ref of the pipelines that publish.',
  consequence: 'Consumers with this policy refuse the next release.',
  fix: 'Add the ref that signs to `refs`, `refs/tags/v*` for example, before the release.',
  source: ['[Policy](policy.md)'],
  traps: [],
  bad: policyExample('refs/heads/main'),
  good: policyExample('refs/tags/v*'),
  *check(project) {
    if (project.pipeline === undefined) return
    const releases = releasing(project.pipeline)
    for (const policy of releases.length === 0 ? [] : project.policies) {
      const own = [...identitiesOf(policy)].filter(
        ({ who }) => who['project'] === project.surroundings.projectPath,
      )
      const refs = own.flatMap(({ who }) => listOf(who['refs'])).filter((one) => typeof one === 'string')
      const isOpen = own.some(({ who }) => who['refs'] === undefined)
      const refused = releases.find(({ ref }) => !refs.some((pattern) => matchesRef(pattern, ref)))
      const [first] = refs
      if (isOpen || first === undefined || refused === undefined) continue
      yield {
        ...placeOf(policy, first),
        what: `${pipelinesOf(refused)} sign as ${refused.ref}, which no identity allows`,
      }
    }
  },
}

function policyExample(ref: string): Example {
  return {
    '.gitlab-ci.yml': `${SIGN}${ONLY_TAGS}`,
    'policy.toml': `version = 1

[[rules]]
names = ["demo"]

[[rules.any_of]]
issuer = "https://gitlab.example.com"
project = "acme/demo"
project_id = 42
refs = ["${ref}"]
`,
  }
}

const pathOnly: Rule = {
  code: 'WS310',
  severity: 'note',
  title: 'a project that is known by its path alone',
  what: 'An identity of a policy file has `project` and no `project_id`.',
  consequence: 'After a rename or a deletion, whoever registers the path next makes signatures that pass.',
  fix: 'Add `project_id`, which GitLab never gives out twice.',
  source: ['Fulcio, OID 1.3.6.1.4.1.57264.1.15', '[Policy](policy.md)'],
  traps: ['S6'],
  bad: { 'policy.toml': policyExample('refs/tags/*')['policy.toml']?.replace('project_id = 42\n', '') ?? '' },
  good: { 'policy.toml': policyExample('refs/tags/*')['policy.toml'] ?? '' },
  *check({ policies }) {
    for (const policy of policies)
      for (const { who } of identitiesOf(policy)) {
        const name = who['project']
        if (typeof name === 'string' && who['project_id'] === undefined)
          yield { ...placeOf(policy, name), what: `${name.slice(0, 100)} has no project_id` }
      }
  },
}

export const identityRules: readonly Rule[] = [otherRef, otherOnPage, otherInPolicy, pathOnly]
