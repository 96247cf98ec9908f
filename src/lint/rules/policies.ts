import type { Hit } from '../finding.ts'
import type { PolicyText } from '../project/project.ts'
import { type Example, type Rule } from './rule.ts'

import { ONLY_TAGS, pipelinesOf, releasing, SIGN } from './identity.ts'

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
  consequence: 'After a rename or a deletion, the next owner of the path makes signatures that pass.',
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

export const policyRules: readonly Rule[] = [otherInPolicy, pathOnly]
