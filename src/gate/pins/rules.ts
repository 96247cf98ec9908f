import { utf8, WheelsealError } from '../../base/index.ts'
import { readPolicy, ruleText, type IdentityTable } from '../../verify/index.ts'
import type { Pin } from '../facts.ts'
import { withoutScheme } from '../sentence-text.ts'

/**
 * The pins as rules of a policy file: they let the same signers in, where the gate no longer learns. Packages with the
 * same signers share a rule. A pin that no rule can say is named in a comment.
 */
export async function pinsAsRules(pins: ReadonlyMap<string, readonly Pin[]>): Promise<string> {
  const rules = new Map<string, { names: string[]; any_of: IdentityTable[] }>()
  const comments: string[] = []
  for (const [name, own] of pins) {
    const tables: IdentityTable[] = []
    for (const pin of own) {
      const table = await readable(pin)
      if (table === undefined) comments.push(`# ${name}: no rule can be written for one of its signers\n`)
      else tables.push(table)
    }
    if (tables.length === 0) continue
    const key = JSON.stringify(tables)
    const rule = rules.get(key)
    if (rule === undefined) rules.set(key, { names: [name], any_of: tables })
    else rule.names.push(name)
  }
  return [...comments, ...[...rules.values()].map((rule) => ruleText(rule))].join('\n')
}

/** The first form that a policy takes: what stands in a pin was in a certificate, and may be anything. */
async function readable(pin: Pin): Promise<IdentityTable | undefined> {
  // A rule without the id would let others in.
  if (pin.repository.kind === 'id' && idOf(pin) === undefined) return undefined
  for (const table of [repositoryTable(pin), projectTable(pin), personTable(pin), patternTable(pin)]) {
    if (table !== undefined && (await isReadable(table))) return table
  }
  return undefined
}

async function isReadable(table: IdentityTable): Promise<boolean> {
  try {
    await readPolicy(utf8(`version = 1\n${ruleText({ names: ['x'], any_of: [table] })}`), 'pins')
    return true
  } catch (error) {
    if (error instanceof WheelsealError) return false
    throw error
  }
}

const REFS = {
  tag: ['refs/tags/*', 'refs/tags/*/*'],
  branch: ['refs/heads/*', 'refs/heads/*/*'],
} as const

/** Undefined for what a list of refs cannot say. */
function refsOf(kind: Pin['refKind']): string[] | undefined {
  if (kind === 'other') return undefined
  return kind === null ? [...REFS.tag, ...REFS.branch] : [...REFS[kind]]
}

function idOf({ repository: { kind, value } }: Pin): number | undefined {
  const id = kind === 'id' && /^[1-9][0-9]{0,15}$/.test(value) ? Number(value) : undefined
  return Number.isSafeInteger(id) ? id : undefined
}

function repositoryTable(pin: Pin): IdentityTable | undefined {
  const { issuer, shown, workflow } = pin
  const [refs, id] = [refsOf(pin.refKind), idOf(pin)]
  const repository = after('github.com/', shown)
  const file = after('.github/workflows/', workflow ?? '')
  if (repository === undefined || file === undefined || refs === undefined) return undefined
  const ids = id === undefined ? {} : { repository_id: id }
  return { issuer, repository, workflow: file, ...ids, refs }
}

function projectTable(pin: Pin): IdentityTable | undefined {
  const { issuer, shown, workflow } = pin
  const [refs, id] = [refsOf(pin.refKind), idOf(pin)]
  const project = after(`${withoutScheme(issuer)}/`, shown)
  if (project === undefined || workflow === null || refs === undefined) return undefined
  const ids = id === undefined ? {} : { project_id: id }
  return { issuer, project, config_file: workflow, ...ids, refs }
}

function personTable({ issuer, repository: { value } }: Pin): IdentityTable | undefined {
  const identity = after('mailto:', value)
  return identity === undefined ? undefined : { issuer, identity }
}

const REF_PATTERNS = {
  tag: '@refs/tags/.+',
  branch: '@refs/heads/.+',
  other: '@refs/(?:pull|merge-requests)/.+',
} as const

/** Certificates name pipelines by their URI at a ref, always with https. */
function patternTable(pin: Pin): IdentityTable {
  const { issuer, shown, workflow, refKind } = pin
  const id = idOf(pin)
  const isElsewhere = /\/\/|\/\.github\/workflows\//.test(workflow ?? '')
  const place = quoted(`https://${isElsewhere ? workflow : withoutScheme(shown)}`)
  const file = workflow === null || isElsewhere ? '' : `/{1,2}${quoted(workflow)}`
  const anyFile = workflow === null ? '(?:/.+)?' : ''
  const ref = refKind === null ? '(?:@refs/.+)?' : REF_PATTERNS[refKind]
  const pattern = `${place}${file}${anyFile}${ref}`
  return { issuer, identity_pattern: pattern, ...(id === undefined ? {} : { project_id: id }) }
}

function after(start: string, text: string): string | undefined {
  return text.startsWith(start) ? text.slice(start.length) : undefined
}

function quoted(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
}
