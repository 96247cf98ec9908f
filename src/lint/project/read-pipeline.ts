import {
  createParsedTexts,
  examinePipeline,
  recordSources,
  type Entry,
  type Examined,
  type KnownVariables,
  type MapNode,
  type Node,
  type PlannedJob,
  type Problem,
  type ScalarNode,
  type SourceRecord,
  type Sources,
} from '../../ciconfig/index.ts'
import type { FileText } from '../text/file-text.ts'
import { snippetOfScalar } from '../text/snippet.ts'
import { placedCommands } from './commands.ts'
import type { LintedJob, Pipeline, PlacedCommand, Situation } from './project.ts'

export interface SituationRequest {
  readonly kind: Situation['kind']
  readonly ref: string
  readonly variables: KnownVariables
}

export interface PipelineRequest {
  readonly path: string
  readonly sources: Sources
  readonly situations: readonly SituationRequest[]
  readonly filesOf: (record: SourceRecord) => ReadonlyMap<string, FileText>
}

export interface ReadPipeline {
  readonly pipeline: Pipeline | undefined
  readonly problems: readonly Problem[]
  readonly isCut: boolean
}

/** Beyond them a pipeline is not looked at whole, which is said. */
const MAX_JOBS = 500
const MAX_COMMANDS = 50_000

/** The jobs of a pipeline with the commands that they run, and in which pipelines they are. */
export async function readPipeline(request: PipelineRequest): Promise<ReadPipeline> {
  const recorded = recordSources(request.sources)
  const parsed = createParsedTexts()
  const examined: (Examined & { readonly request: SituationRequest })[] = []
  for (const one of request.situations) {
    const made = await examinePipeline({
      file: request.path,
      sources: recorded.sources,
      variables: one.variables,
      parsed,
    })
    examined.push({ ...made, request: one })
  }
  const [first] = examined
  const files = request.filesOf(recorded.record())
  const file = files.get(request.path)
  if (first === undefined || file === undefined)
    return { pipeline: undefined, problems: first?.problems ?? [], isCut: false }
  const situations = examined.map(situationOf)
  const { jobs, isCut } = readJobs(first.root, { situations, files })
  return {
    pipeline: { file, root: first.root, jobs, situations, record: recorded.record() },
    problems: problemsOf(examined),
    isCut,
  }
}

/** Where one kind of pipeline has no jobs, that is a decision of the file and no mistake. */
function problemsOf(examined: readonly Examined[]): readonly Problem[] {
  const [first, ...others] = examined
  const real = (first?.problems ?? []).filter(({ code }) => code !== 'ciconfig.no-jobs')
  const isEmpty = [first, ...others].every((one) =>
    one?.problems.some(({ code }) => code === 'ciconfig.no-jobs'),
  )
  return isEmpty && real.length === 0 ? (first?.problems ?? []) : real
}

function situationOf({
  plan,
  problems,
  request,
}: Examined & { readonly request: SituationRequest }): Situation {
  const jobs = new Map<string, PlannedJob>()
  // What the workflow does not want is planned all the same, for who asks why.
  const isNone = problems.some(({ code }) => code === 'ciconfig.no-jobs')
  const byName = new Map(isNone ? [] : plan.jobs.map((job) => [job.name, job]))
  for (const { job: name, at, isIn } of plan.decisions) {
    const job = isIn ? byName.get(name) : undefined
    const key = `${at.file}:${at.line}:${at.column}`
    // Of several that one job was divided into, the first.
    if (job !== undefined && !jobs.has(key)) jobs.set(key, job)
  }
  const predefined = new Map(request.variables.predefined.map(({ key, value }) => [key, value]))
  return { kind: request.kind, ref: request.ref, predefined, jobs }
}

interface JobContext {
  readonly situations: readonly Situation[]
  readonly files: ReadonlyMap<string, FileText>
}

const GLOBAL = new Set(
  'stages variables default include workflow spec image services cache before_script after_script pages:deploy'.split(
    ' ',
  ),
)
const MOVED = ['image', 'services', 'cache', 'before_script', 'after_script']

function readJobs(
  root: MapNode,
  context: JobContext,
): { readonly jobs: readonly LintedJob[]; readonly isCut: boolean } {
  const defaults = defaultsOf(root)
  const scripts = new Scripts(context.files)
  const jobs: LintedJob[] = []
  let commands = 0
  for (const [name, { keyAt, value }] of root.entries) {
    if (GLOBAL.has(name) || name.startsWith('.') || value.kind !== 'map') continue
    if (jobs.length >= MAX_JOBS || commands > MAX_COMMANDS) return { jobs, isCut: true }
    const keywords = withDefaults(value, defaults)
    const key = `${keyAt.file}:${keyAt.line}:${keyAt.column}`
    const planned = new Map<Situation, PlannedJob>()
    for (const situation of context.situations) {
      const job = situation.jobs.get(key)
      if (job !== undefined) planned.set(situation, job)
    }
    const own = scripts.of(keywords)
    commands += own.length
    jobs.push({ name, at: keyAt, keywords, commands: own, planned })
  }
  return { jobs, isCut: scripts.isCut }
}

function defaultsOf(root: MapNode): ReadonlyMap<string, Entry> {
  const own = root.entries.get('default')?.value
  const moved = MOVED.flatMap((key) => {
    const entry = root.entries.get(key)
    return entry === undefined ? [] : [[key, entry] as const]
  })
  return new Map([...moved, ...(own?.kind === 'map' ? own.entries : [])])
}

function withDefaults(job: MapNode, defaults: ReadonlyMap<string, Entry>): MapNode {
  const inherit = job.entries.get('inherit')?.value
  const wanted = inherit?.kind === 'map' ? inherit.entries.get('default')?.value : undefined
  const isInherited = (key: string): boolean => {
    if (wanted?.kind === 'scalar') return wanted.value !== false
    return (
      wanted?.kind !== 'list' || wanted.items.some((item) => item.kind === 'scalar' && item.value === key)
    )
  }
  const inherited = [...defaults].filter(([key]) => isInherited(key))
  return { ...job, entries: new Map([...inherited, ...job.entries]) }
}

/** Each line is read once, however many jobs have it. */
class Scripts {
  isCut = false
  readonly #files: ReadonlyMap<string, FileText>
  readonly #known = new Map<string, readonly PlacedCommand[]>()

  constructor(files: ReadonlyMap<string, FileText>) {
    this.#files = files
  }

  of(keywords: MapNode): readonly PlacedCommand[] {
    const sections = ['before_script', 'script', 'after_script'] as const
    return sections.flatMap((section) => {
      const node = keywords.entries.get(section)?.value
      return node === undefined ? [] : scalarsOf(node).flatMap((scalar) => this.#read(scalar, section))
    })
  }

  #read(node: ScalarNode, section: PlacedCommand['section']): readonly PlacedCommand[] {
    const { file, line, column } = node.at
    // A template's line may stand in a before_script here and in a script there, with other inputs each time.
    const key = `${section} ${line}:${column}:${file}\n${String(node.value)}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const text = this.#files.get(file)
    const made = text === undefined ? undefined : placedCommands(snippetOfScalar(text, node), section)
    this.isCut ||= made?.isCut === true
    this.#known.set(key, made?.commands ?? [])
    return made?.commands ?? []
  }
}

const MAX_SCRIPT_DEPTH = 10

function scalarsOf(node: Node, depth = 0): readonly ScalarNode[] {
  if (node.kind === 'scalar') return typeof node.value === 'string' ? [node] : []
  if (node.kind === 'map' || depth > MAX_SCRIPT_DEPTH) return []
  return node.items.flatMap((item) => scalarsOf(item, depth + 1))
}
