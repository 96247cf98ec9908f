import { parse } from 'smol-toml'
import { labelOf, type Problem, type SourceRecord, type Sources } from '../../ciconfig/index.ts'
import { FileText } from '../text/file-text.ts'
import { shellBlocks } from '../text/markdown.ts'
import { tomlPlaces } from '../text/toml-places.ts'
import { placedCommands } from './commands.ts'
import type { Page, PolicyText, Project, ProjectFacts, Pyproject } from './project.ts'
import { readPipeline, type SituationRequest } from './read-pipeline.ts'

export interface PathAndText {
  readonly path: string
  readonly text: string
}

export interface LintRequest {
  /** Undefined where there is none. */
  readonly pipeline:
    | { readonly path: string; readonly sources: Sources; readonly situations: readonly SituationRequest[] }
    | undefined
  readonly pyproject: PathAndText | undefined
  readonly pages: readonly PathAndText[]
  readonly policies: readonly PathAndText[]
  /** Files that were too large, or too many, to be handed in. */
  readonly unread: readonly string[]
  readonly surroundings: ProjectFacts
}

/** What could not be read, or not to its end: what stands there is undecided. */
export interface Undecided {
  readonly path: string
  readonly line: number
  readonly column: number
  readonly what: string
}

export interface ReadProject {
  readonly project: Project
  readonly undecided: readonly Undecided[]
}

export async function readProject(request: LintRequest): Promise<ReadProject> {
  const files = new Map<string, FileText>()
  const own = ({ path, text }: PathAndText): FileText => {
    const file = new FileText(path, text, { isOwn: true })
    files.set(path, file)
    return file
  }
  const undecided: Undecided[] = request.unread.map((path) => ({
    path,
    line: 1,
    column: 1,
    what: 'the file is too large, or one too many, to be looked at',
  }))
  const pyproject = request.pyproject === undefined ? undefined : readToml(own(request.pyproject), undecided)
  const policies = request.policies.flatMap((one) => readToml(own(one), undecided) ?? [])
  const pages = request.pages.map((one) => readPage(own(one), undecided))
  const read =
    request.pipeline === undefined
      ? undefined
      : await readPipeline({ ...request.pipeline, filesOf: (record) => addRecorded(files, record) })
  undecided.push(...ownProblems(read?.problems ?? []).map(undecidedOf))
  if (read?.isCut === true) undecided.push(cut(request.pipeline?.path ?? ''))
  const { surroundings } = request
  return { project: { pipeline: read?.pipeline, pyproject, pages, policies, surroundings, files }, undecided }
}

/** What a job has from a file that is not at hand. */
const FROM_ELSEWHERE = new Set([
  'ciconfig.extends',
  'ciconfig.reference',
  'ciconfig.needs',
  'ciconfig.no-jobs',
])

/** Where a file that is included is not at hand, what seems to be missing may be in it. */
function ownProblems(problems: readonly Problem[]): readonly Problem[] {
  if (!problems.some(({ code }) => code === 'ciconfig.include')) return problems
  return problems.filter(({ code, message }) => !FROM_ELSEWHERE.has(code) && !message.endsWith(' is missing'))
}

const NO_JOBS =
  'no job is in the pipelines of the default branch, of another branch or of a tag such as v1.0.0: its rules ask for a variable or a branch that is not known here'

function undecidedOf({ file, line, column, message, code }: Problem): Undecided {
  return { path: file, line, column, what: code === 'ciconfig.no-jobs' ? NO_JOBS : message }
}

function cut(path: string): Undecided {
  return { path, line: 1, column: 1, what: 'the file has more jobs or commands than are looked at' }
}

/** The texts that the plan has read, under the names that its positions carry. */
function addRecorded(files: Map<string, FileText>, record: SourceRecord): ReadonlyMap<string, FileText> {
  for (const { address, answer } of record.texts) {
    if (answer.kind !== 'text') continue
    const place = answer.place === undefined ? address : ({ kind: 'file', ...answer.place } as const)
    const label = labelOf(place)
    const isOwn = place.kind === 'file' && place.repository === null
    // A component of other projects has the place of its file there; one without is that of this program.
    const mayAllow = isOwn || place.kind === 'component'
    if (!files.has(label)) files.set(label, new FileText(label, answer.text, { isOwn, mayAllow }))
  }
  return files
}

function readToml(file: FileText, undecided: Undecided[]): (Pyproject & PolicyText) | undefined {
  try {
    return { file, value: parse(file.text), places: tomlPlaces(file.text) }
  } catch (error) {
    const { line = 1, column = 1 } = error as { line?: number; column?: number }
    undecided.push({ path: file.path, line, column, what: 'the file is not TOML' })
    return undefined
  }
}

function readPage(file: FileText, undecided: Undecided[]): Page {
  const blocks = shellBlocks(file).map((snippet) => placedCommands(snippet, 'page'))
  if (blocks.some(({ isCut }) => isCut)) undecided.push(cut(file.path))
  return { file, commands: blocks.flatMap(({ commands }) => commands) }
}
