import type { LintedJob, PlacedCommand, Pipeline, Project, Situation } from '../project/project.ts'
import { expanded, isSigning, isUpload } from './look.ts'

/** A pipeline that is expected to have signed. */
export interface ExpectedPipeline {
  /** `https://HOST/GROUP/NAME`, or the path alone. Undefined: that of this project. */
  readonly project: string | undefined
  readonly file: string
  /** Full refs; one of them must fit. */
  readonly refs: readonly string[]
  readonly environment?: string
}

export const CONFIG_FILE = '.gitlab-ci.yml'

const MAX_IDENTITY_LENGTH = 2048

/** Of a certificate's identity, `https://HOST/GROUP/NAME//FILE@REF`. Undefined for every other. */
export function pipelineOf(identity: string): ExpectedPipeline | undefined {
  if (identity.length > MAX_IDENTITY_LENGTH) return undefined
  const [, project, file = '', ref = ''] =
    /^(https?:\/\/\S+?)\/\/([^@\s]+)@(refs\/(?:heads|tags)\/\S+)$/.exec(identity) ?? []
  return project === undefined ? undefined : { project, file, refs: [ref] }
}

export interface Releases {
  /** Every one of them makes releases, or one of them does: nothing tells which. */
  readonly make: 'all' | 'one'
  readonly situations: readonly Situation[]
}

/** The pipelines whose signatures readers get: those that upload, else those that sign. */
export function releasing({ jobs, situations }: Pipeline): Releases {
  const having = (holds: (placed: PlacedCommand) => boolean): readonly Situation[] => {
    const found = jobs.filter(({ commands }) => commands.some(holds))
    return situations.filter((situation) => found.some(({ planned }) => planned.has(situation)))
  }
  const signing = having(isSigning)
  const uploading = having(isUpload).filter((situation) => signing.includes(situation))
  return uploading.length > 0 ? { make: 'all', situations: uploading } : { make: 'one', situations: signing }
}

export function pipelinesOf({ kind }: Situation): string {
  return kind === 'tag'
    ? 'pipelines of tags'
    : `pipelines of ${kind === 'branch' ? 'other branches' : 'the default branch'}`
}

interface Signing {
  readonly project: Project
  readonly situation: Situation
  /** Who expects: a page names one tag as an example, a policy accepts no other. */
  readonly by: 'page' | 'policy'
}

/** Why the signature of a release is refused; undefined where it may be accepted. */
export function whyRefused(
  { file, refs, environment }: ExpectedPipeline,
  signing: Signing,
): string | undefined {
  if (file !== CONFIG_FILE && !isPlaceholder(file))
    return `expects the pipeline file ${shown(file)}, and ${CONFIG_FILE} signs`
  const { situation, project } = signing
  if (!refs.some((ref) => isAccepted(ref, signing)))
    return `expects ${shown(refs.join(' or '))}, and ${pipelinesOf(situation)} sign as ${shownRef(situation, project)}`
  const own = environment === undefined ? undefined : environmentsOf(project, situation)
  if (environment === undefined || own === undefined || own.includes(environment)) return undefined
  const found = own.length === 0 ? 'none' : `the environment ${shown(own.join(', '))}`
  return `expects the environment ${shown(environment)}, and the jobs that sign have ${found}`
}

function shown(text: string): string {
  return text.slice(0, 100)
}

function shownRef({ kind, ref }: Situation, { surroundings, pyproject }: Project): string {
  if (kind === 'tag') return `refs/tags/${versionOf(pyproject) ?? 'VERSION'}`
  return kind === 'default-branch' && surroundings.isDefaultBranchKnown ? ref : 'refs/heads/BRANCH'
}

function isAccepted(ref: string, { project, situation, by }: Signing): boolean {
  const isTag = ref.startsWith('refs/tags/')
  if (isPlaceholder(ref)) return isTag === (situation.kind === 'tag')
  if (situation.kind === 'tag') return isTag && (by === 'page' || isOfNextTag(ref, project))
  if (isTag) return false
  const isAnyBranch = situation.kind === 'branch' ? by === 'page' : !project.surroundings.isDefaultBranchKnown
  return isAnyBranch || matches(ref, situation.ref)
}

/** With a wildcard, whatever the tags of the project look like; else that of the version that comes next. */
function isOfNextTag(ref: string, { pyproject }: Project): boolean {
  if (ref.includes('*')) return true
  const version = versionOf(pyproject)
  return version !== undefined && ref.endsWith(version)
}

function versionOf(pyproject: Project['pyproject']): string | undefined {
  const { version } = (pyproject?.value['project'] ?? {}) as { readonly version?: unknown }
  return typeof version === 'string' && version !== '' ? version : undefined
}

/** `*` is one or more characters except a slash. */
function matches(pattern: string, ref: string): boolean {
  const [patterns, names] = [pattern.split('/'), ref.split('/')]
  return patterns.length === names.length && patterns.every((one, index) => fits(one, names[index] ?? ''))
}

/** Each part where it first stands: a regular expression would try all combinations of places. */
function fits(pattern: string, name: string): boolean {
  const [start = '', ...parts] = pattern.split('*')
  const end = parts.pop()
  if (end === undefined) return name === start
  if (!name.startsWith(start) || !name.endsWith(end)) return false
  let at = start.length
  for (const part of parts) {
    const found = name.indexOf(part, at + 1)
    if (found <= at) return false
    at = found + part.length
  }
  return at < name.length - end.length
}

/** Of the jobs that sign then; undefined where one has a name that only its pipeline knows. */
function environmentsOf({ pipeline }: Project, situation: Situation): readonly string[] | undefined {
  const names: string[] = []
  for (const job of pipeline?.jobs ?? []) {
    const planned = job.commands.some(isSigning) ? job.planned.get(situation) : undefined
    const name = environmentOf(job, situation)
    if (planned === undefined || name === undefined) continue
    if (name.includes('$')) return undefined
    names.push(name)
  }
  return names
}

function environmentOf(job: LintedJob, situation: Situation): string | undefined {
  const name = job.planned.get(situation)?.environment?.name
  return name === undefined ? undefined : expanded(name, { job, situation })
}

/** Whether it is another project; undefined where that cannot be known, or is left to the reader. */
export function otherProject(
  project: string | undefined,
  { serverUrl, projectPath, isOriginKnown }: Project['surroundings'],
): string | undefined {
  const own = `${serverUrl}/${projectPath}`
  if (project === undefined || !isOriginKnown || isPlaceholder(project)) return undefined
  if (project === own || project === projectPath) return undefined
  return `expects ${shown(project)}, and this project is ${own}`
}

function isPlaceholder(text: string): boolean {
  return /[$<>{}]|your-|\bexample\b/i.test(text)
}
