import type { Node, Position, ScalarNode } from '../../ciconfig/index.ts'
import type { Edit, Hit } from '../finding.ts'
import type { LintedJob, PlacedCommand, Project, Situation } from '../project/project.ts'
import type { Word } from '../shell/command.ts'
import { hasOption, subcommandOf, type Invocation } from '../shell/program.ts'

/** Commands that are carried out one after another: those of a job, or those of a page. */
export interface Sequence {
  readonly job: LintedJob | undefined
  readonly commands: readonly PlacedCommand[]
}

export function sequences(project: Project): readonly Sequence[] {
  return [...jobSequences(project), ...project.pages.map(({ commands }) => ({ job: undefined, commands }))]
}

export function jobSequences({ pipeline }: Project): readonly (Sequence & { readonly job: LintedJob })[] {
  return (pipeline?.jobs ?? []).map((job) => ({ job, commands: job.commands }))
}

export interface Started extends PlacedCommand {
  readonly invocation: Invocation
  readonly job: LintedJob | undefined
  readonly index: number
  readonly all: readonly PlacedCommand[]
}

/** What is started in a sequence, by one of the programs; by any where none is named. */
export function* started(sequence: Sequence, ...programs: readonly string[]): Generator<Started> {
  for (const [index, placed] of sequence.commands.entries()) {
    const { invocation } = placed
    if (invocation === undefined) continue
    if (programs.length === 0 || programs.includes(invocation.program))
      yield { ...placed, invocation, job: sequence.job, index, all: sequence.commands }
  }
}

export type JobCommand = PlacedCommand & { readonly job: LintedJob | undefined }

/** Every command of jobs and pages. */
export function* everywhere(project: Project): Generator<JobCommand> {
  for (const { job, commands } of sequences(project)) for (const placed of commands) yield { ...placed, job }
}

/** Every command of jobs. */
export function* inJobs(project: Project): Generator<PlacedCommand & { readonly job: LintedJob }> {
  for (const { job, commands } of jobSequences(project))
    for (const placed of commands) yield { ...placed, job }
}

export function* startedAnywhere(project: Project, ...programs: readonly string[]): Generator<Started> {
  for (const sequence of sequences(project)) yield* started(sequence, ...programs)
}

export function hit({ snippet }: PlacedCommand, at: Pick<Word, 'start'>, what: string): Hit {
  return { ...snippet.file.position(snippet.origin(at.start)), what }
}

export function hitAt(at: Position, what: string): Hit {
  return { file: at.file, line: at.line, column: at.column, what }
}

/** The offsets of a range of a command in its file, if it can be changed there. */
export function editOf(
  { snippet }: PlacedCommand,
  { start, end, text }: { readonly start: number; readonly end: number; readonly text: string },
): readonly Edit[] {
  const { file } = snippet
  if (!file.isOwn) return []
  const from = snippet.origin(start)
  const to = end === start ? from : snippet.origin(end - 1) + 1
  // Folded or quoted in a way that the range is not what was read: left to people.
  if (file.text.slice(from, to) !== snippet.text.slice(start, end)) return []
  return [{ file: file.path, from, to, text }]
}

/** Takes words out of a command, with their line where they have one of their own. */
export function removal(placed: PlacedCommand, { start, end }: Pick<Word, 'start' | 'end'>): readonly Edit[] {
  const [edit] = editOf(placed, { start, end, text: '' })
  if (edit === undefined) return []
  const { text } = placed.snippet.file
  const lineStart = text.lastIndexOf('\n', edit.from - 1) + 1
  const isFirst = text.slice(lineStart, edit.from).trim() === ''
  const [rest = ''] = /^[ \t]*\\\n/.exec(text.slice(edit.to, edit.to + 200)) ?? []
  if (isFirst && rest !== '') return [{ ...edit, from: lineStart, to: edit.to + rest.length }]
  const blanks = /[ \t]*$/.exec(text.slice(lineStart, edit.from))?.[0].length ?? 0
  return [{ ...edit, from: isFirst ? edit.from : edit.from - blanks }]
}

const SIGNERS = ['cosign', 'wheelseal', 'sigstore']

export function isSigning({ invocation }: PlacedCommand): boolean {
  if (invocation === undefined || !SIGNERS.includes(invocation.program)) return false
  return /^(?:sign|sign-blob|attest|attest-blob)$/.test(verbOf(invocation) ?? '')
}

/** Files, and no images: who pushes an image signs the digest that the registry has. */
export function isFileSigning(placed: PlacedCommand): boolean {
  const { invocation } = placed
  const verb = invocation === undefined ? '' : (verbOf(invocation) ?? '')
  const isImage = isCosign(placed) && !verb.endsWith('-blob')
  return isSigning(placed) && !isImage
}

export function isVerifying({ invocation }: PlacedCommand): boolean {
  if (invocation === undefined) return false
  if (invocation.program === 'pypi-attestations') return subcommandOf(invocation) === 'verify'
  if (!SIGNERS.includes(invocation.program)) return false
  return /^verify(?:-\w+)*$/.test(verbOf(invocation) ?? '')
}

/** `wheelseal cosign verify-blob` is cosign's `verify-blob`. */
export function verbOf(invocation: Invocation): string | undefined {
  const verb = subcommandOf(invocation)
  if (verb !== 'cosign') return verb
  return invocation.args.filter(({ text }) => !text.startsWith('-'))[1]?.text
}

/** cosign's own `verify-blob` and the like, which has its identity in flags. */
export function isCosignVerify(placed: PlacedCommand): boolean {
  return isCosign(placed) && isVerifying(placed)
}

function isCosign({ invocation }: PlacedCommand): boolean {
  return invocation?.program === 'cosign' || invocation?.args[0]?.text === 'cosign'
}

export function isUpload({ invocation }: PlacedCommand): boolean {
  if (invocation === undefined) return false
  const verb = subcommandOf(invocation)
  if (invocation.program === 'twine') return verb === 'upload'
  // The signatures alone, so that they are there before the package.
  if (hasOption(invocation, '--seals-only')) return false
  return (
    ['uv', 'poetry', 'flit', 'hatch', 'pdm', 'wheelseal'].includes(invocation.program) && verb === 'publish'
  )
}

export function isBuild({ invocation }: PlacedCommand): boolean {
  if (invocation === undefined) return false
  const { program } = invocation
  if (program === 'build' || program === 'pyproject-build') return true
  return (
    ['uv', 'poetry', 'flit', 'hatch', 'pdm', 'wheelseal'].includes(program) &&
    subcommandOf(invocation) === 'build'
  )
}

/** `pip VERB`, `uv pip VERB`. */
export function pipVerb(invocation: Invocation): string | undefined {
  if (invocation.program === 'pip') return subcommandOf(invocation)
  if (invocation.program !== 'uv' || subcommandOf(invocation) !== 'pip') return undefined
  return invocation.args.filter(({ text }) => !text.startsWith('-'))[1]?.text
}

/** Sums that are compared with those of a file. */
export function isChecksum({ invocation }: PlacedCommand): boolean {
  if (invocation === undefined) return false
  const { program } = invocation
  if (program === 'gpg' || program === 'gpgv' || program === 'minisign')
    return program === 'gpgv' || hasOption(invocation, '--verify', '-V')
  return (
    /^(?:sha\d+sum|shasum|b2sum)$/.test(program) &&
    invocation.args.some(({ text }) => text === '--check' || /^-[a-zA-Z]*c[a-zA-Z]*$/.test(text))
  )
}

const SECRET_REFERENCE =
  /\$\{?[A-Za-z_0-9]*(?:TOKEN|PASSWORD|PASSWD|SECRET|CREDENTIAL|API_KEY|PRIVATE_KEY|[A-Z0-9]_(?:PWD|PASS)\b)[A-Za-z_0-9]*/i

export function namesSecret(text: string): boolean {
  return SECRET_REFERENCE.test(text)
}

/** Variables that the file sets: of the pipeline, then of the jobs. */
export interface SetVariable {
  readonly name: string
  readonly node: ScalarNode
  readonly job: LintedJob | undefined
}

export function* setVariables({ pipeline }: Project): Generator<SetVariable> {
  if (pipeline === undefined) return
  yield* variablesOf(pipeline.root.entries.get('variables')?.value, undefined)
  for (const job of pipeline.jobs) yield* variablesOf(job.keywords.entries.get('variables')?.value, job)
}

function* variablesOf(node: Node | undefined, job: LintedJob | undefined): Generator<SetVariable> {
  if (node?.kind !== 'map') return
  for (const [name, { value }] of node.entries) {
    const scalar = value.kind === 'map' ? value.entries.get('value')?.value : value
    if (scalar?.kind === 'scalar') yield { name, node: scalar, job }
  }
}

const REFERENCE = /\$(?:\{(\w+)\}|(\w+))/g
const MAX_EXPANDED = 4096

/** A text of a job as the shell has it in a pipeline, as far as the file and GitLab say; other variables stay. */
export function expanded(
  text: string,
  { job, situation }: { readonly job: LintedJob; readonly situation: Situation },
): string {
  const variables = job.planned.get(situation)?.variables ?? {}
  const valueOf = (whole: string, braced?: string, plain?: string): string => {
    const name = braced ?? plain ?? ''
    const value = Object.hasOwn(variables, name) ? variables[name] : situation.predefined.get(name)
    return value ?? whole
  }
  // What a plan shows may name variables that GitLab predefines.
  const once = text.replaceAll(REFERENCE, valueOf).slice(0, MAX_EXPANDED)
  return once.replaceAll(REFERENCE, valueOf).slice(0, MAX_EXPANDED)
}

/** In the first pipeline that has the job; the text itself where none has. */
export function expandedOnce(text: string, job: LintedJob | undefined): string {
  const situation = job?.planned.keys().next().value
  return job === undefined || situation === undefined ? text : expanded(text, { job, situation })
}

/** `cache` is one or a list. */
export function cachesOf({ keywords }: LintedJob): readonly Node[] {
  const value = keywords.entries.get('cache')?.value
  if (value === undefined) return []
  return value.kind === 'list' ? value.items : [value]
}
