import type { Hit } from '../finding.ts'
import type { PolicyText, Project, Situation } from '../project/project.ts'
import { CONFIG_FILE, pipelineOf, releasing, whyRefused, type ExpectedPipeline } from './expected.ts'
import { ONLY_TAGS, SIGN } from './identity.ts'
import { type Example, type Rule } from './rule.ts'

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

const otherInPolicy: Rule = {
  code: 'WS309',
  severity: 'error',
  title: 'a policy that refuses what this project signs',
  what: 'A policy file names this project, and none of its identities for it allows the ref, the pipeline file and the environment of the pipelines that publish. A tag without `*` is that of one release: it is found if it is not that of the version in `pyproject.toml`.',
  consequence: 'Consumers with this policy refuse the next release.',
  fix: 'Add what will sign before the release: to `refs`, `refs/tags/v*` for example, to `config_file` or `environment`.',
  source: ['[Policy](policy.md)', '[Which identity do I expect?](../how-to/expect-an-identity.md)'],
  traps: [],
  bad: policyExample('refs/heads/main'),
  good: policyExample('refs/tags/v*'),
  *check(project) {
    if (project.pipeline === undefined) return
    const { make, situations } = releasing(project.pipeline)
    // What every branch publishes is WS401's; a policy need not accept it.
    const others = situations.filter(({ kind }) => kind !== 'branch')
    const expected = others.length > 0 ? others : situations
    for (const policy of expected.length === 0 ? [] : project.policies) {
      const own = [...identitiesOf(policy)].flatMap(({ who }) => ownPipeline(who, project) ?? [])
      const [first] = own
      const reasons = expected.map((situation) => refusal(own, { project, situation }))
      const what = make === 'all' ? reasons.find((one) => one !== undefined) : firstOfAll(reasons)
      if (first !== undefined && what !== undefined) yield { ...placeOf(policy, first.place), what }
    }
  },
}

/** Undefined where one of them is accepted. */
function firstOfAll(reasons: readonly (string | undefined)[]): string | undefined {
  return reasons.includes(undefined) ? undefined : reasons[0]
}

interface OwnPipeline extends ExpectedPipeline {
  /** A value of it, by which its place is found. */
  readonly place: string
}

/** An identity of this project, by its path or in full. */
function ownPipeline(who: Who, { surroundings }: Project): OwnPipeline | undefined {
  const { identity, environment } = who
  const own =
    typeof identity === 'string' ? namedPipeline(identity, surroundings) : listedPipeline(who, surroundings)
  return own === undefined || typeof environment !== 'string' ? own : { ...own, environment }
}

function namedPipeline(
  identity: string,
  { serverUrl, projectPath }: Project['surroundings'],
): OwnPipeline | undefined {
  const named = pipelineOf(identity)
  return named?.project === `${serverUrl}/${projectPath}` ? { ...named, place: identity } : undefined
}

function listedPipeline(
  { project, config_file: file = CONFIG_FILE, refs: listed }: Who,
  { projectPath }: Project['surroundings'],
): OwnPipeline | undefined {
  const refs = listOf(listed).filter((ref) => typeof ref === 'string')
  if (project !== projectPath || typeof file !== 'string' || refs[0] === undefined) return undefined
  return { project: projectPath, file, refs, place: refs[0] }
}

function refusal(
  own: readonly OwnPipeline[],
  of: { readonly project: Project; readonly situation: Situation },
): string | undefined {
  return firstOfAll(own.map((one) => whyRefused(one, { ...of, by: 'policy' })))
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
  what: 'An identity of a policy file has `project` and no `project_id`, or `repository` and no `repository_id`.',
  consequence: 'After a rename or a deletion, the next owner of the path makes signatures that pass.',
  fix: 'Add `project_id` or `repository_id`, which GitLab and GitHub never give out twice.',
  source: ['Fulcio, OID 1.3.6.1.4.1.57264.1.15', '[Policy](policy.md)'],
  traps: ['S6'],
  bad: { 'policy.toml': policyExample('refs/tags/*')['policy.toml']?.replace('project_id = 42\n', '') ?? '' },
  good: { 'policy.toml': policyExample('refs/tags/*')['policy.toml'] ?? '' },
  *check({ policies }) {
    for (const policy of policies)
      for (const { who } of identitiesOf(policy))
        for (const { path, id } of withoutIds(who))
          yield { ...placeOf(policy, path), what: `${path.slice(0, 100)} has no ${id}` }
  },
}

function withoutIds(who: Who): readonly { readonly path: string; readonly id: string }[] {
  return ['project', 'repository'].flatMap((key) => {
    const [path, id] = [who[key], `${key}_id`]
    return typeof path === 'string' && who[id] === undefined ? [{ path, id }] : []
  })
}

export const policyRules: readonly Rule[] = [otherInPolicy, pathOnly]
