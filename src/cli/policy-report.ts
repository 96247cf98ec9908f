import type { JsonValue } from '../base/index.ts'
import type { PolicyPlan, PolicyProposal } from '../client/policy/index.ts'
import type { FileOutcome } from '../client/verify/index.ts'
import type { Identity } from '../verify/index.ts'
import { errorJson } from './terminal.ts'

const MAX_FILES = 8
const COLUMN = 16

interface Signer {
  readonly rows: readonly (readonly [string, string])[]
  readonly files: readonly string[]
}

/** Who signed what: each signer once, with the files. */
export function signerLines(outcomes: readonly FileOutcome[]): readonly string[] {
  const signers = new Map<string, Signer>()
  for (const outcome of outcomes)
    for (const identity of identitiesOf(outcome)) {
      const rows = rowsOf(identity)
      const key = JSON.stringify(rows)
      const files = signers.get(key)?.files ?? []
      if (!files.includes(outcome.file)) signers.set(key, { rows, files: [...files, outcome.file] })
    }
  return [...signers.values()].flatMap(linesOf)
}

function linesOf({ rows, files }: Signer): readonly string[] {
  const [[, identity] = ['', ''], ...others] = rows
  return [
    `signed by ${identity}`,
    ...[...others, ['files', shortened(files)] as const].map(([name, value]) => row(name, value)),
    '',
  ]
}

function identitiesOf({ verdicts = [] }: FileOutcome): readonly Identity[] {
  return verdicts.flatMap(({ identity }) => identity ?? [])
}

function rowsOf({ san, issuer, extensions }: Identity): Signer['rows'] {
  const { sourceRepositoryUri: project, sourceRepositoryIdentifier: id } = extensions
  const { sourceRepositoryOwnerUri: owner, sourceRepositoryOwnerIdentifier: ownerId } = extensions
  const all = [
    ['identity', san],
    ['issuer', issuer],
    ['project', withId(project, id)],
    ['owner', withId(owner, ownerId)],
    ['ref', extensions.sourceRepositoryRef],
    ['configuration', extensions.buildConfigUri === san ? undefined : extensions.buildConfigUri],
    ['environment', extensions.deploymentEnvironment],
    ['started by', extensions.buildTrigger],
  ] as const
  return all.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]))
}

function withId(uri: string | undefined, id: string | undefined): string | undefined {
  return uri === undefined || id === undefined ? uri : `${uri} (id ${id})`
}

function row(name: string, value: string): string {
  return `  ${name.padEnd(COLUMN)}${value}`
}

function shortened(files: readonly string[]): string {
  const rest = files.length - MAX_FILES
  return files.slice(0, MAX_FILES).join(', ') + (rest > 0 ? ` and ${rest} more` : '')
}

/** What would be written. */
export function proposalLines({ path, before, added, text }: PolicyProposal): readonly string[] {
  if (added === '') return []
  const what = before === undefined ? `new file ${path}:` : `at the end of ${path}:`
  const lines = (before === undefined ? text : added.slice(1)).trimEnd().split('\n')
  return [what, ...lines.map((line) => (line === '' ? '' : `  ${line}`))]
}

/** What somebody should know before the answer. */
export function noteLines(
  outcomes: readonly FileOutcome[],
  { added, rules, replaced }: PolicyProposal,
  { tags }: PolicyPlan,
): readonly string[] {
  const skipped = outcomes.flatMap(({ notChecked = [] }) => notChecked)
  const identities = rules.flatMap(({ any_of: anyOf = [] }) => anyOf)
  const refs = identities.flatMap((one) => one.refs ?? one.identity?.split('@').slice(-1) ?? [])
  const tag = refs.find((ref) => ref.startsWith('refs/tags/') && !ref.includes('*'))
  const request = refs.find((ref) => ref.startsWith('refs/merge-requests/'))
  return [
    ...(skipped.length === 0 ? [] : [`signature files skipped: ${shortened(skipped)}`]),
    ...[...replaced].map(([name, rule]) => `${name} gets a rule of its own, in place of ${rule}`),
    ...(added === '' || tag === undefined || tags === 'any tag'
      ? []
      : [`${tag} is the only tag that is allowed; with --any-tag the next release is allowed too`]),
    ...(request === undefined
      ? []
      : [`${request} is the ref of a merge request, whose code may not be reviewed`]),
  ]
}

export interface PolicyOutcome {
  readonly outcomes: readonly FileOutcome[]
  /** Left out where a file was refused. */
  readonly proposal?: PolicyProposal
  readonly written: boolean
  readonly error?: unknown
}

/** docs/how-to/expect-an-identity.md has the shape. */
export function policyJson({ outcomes, proposal, written, error }: PolicyOutcome): JsonValue {
  return {
    written,
    ...(proposal === undefined ? {} : { policy: proposalJson(proposal) }),
    files: outcomes.map(fileJson),
    ...(error === undefined ? {} : { error: errorJson(error) }),
  }
}

function proposalJson({ path, text, added, rules, replaced }: PolicyProposal): JsonValue {
  return { path, text, added, rules: rules as unknown as JsonValue, replaced: Object.fromEntries(replaced) }
}

function fileJson(outcome: FileOutcome): JsonValue {
  const { file, sha256, verified, reason, message, seal } = outcome
  return {
    file,
    ...(sha256 === undefined ? {} : { sha256 }),
    verified,
    reason,
    message,
    signers: identitiesOf(outcome).map(({ san, issuer, extensions }) => ({
      san,
      issuer,
      claims: { ...extensions },
    })),
    seal: [...seal],
  }
}
