import type { Clock, Files, Http, Spawn } from '../../base/index.ts'
import {
  planPipeline,
  type KnownVariables,
  type Plan,
  type ShippedComponent,
  type Sources,
  type Variable,
} from '../../ciconfig/index.ts'
import { clientErrors } from '../errors.ts'
import { gitIn } from '../run/git.ts'
import { readPlanSource, type ProjectSource } from '../run/project-source.ts'
import { elsewhere } from './elsewhere.ts'
import { commitOf, folderSources, gitSources, plainSources, type ProjectSources } from './git-sources.ts'
import { MERGE_REQUEST, predefinedFor, type PipelineKind } from './pipeline-variables.ts'
import { readSettings } from './settings-file.ts'

export interface PlanOptions {
  readonly folder: string
  /** As if this branch were checked out. */
  readonly ref: string | undefined
  /** As if this tag were pushed. */
  readonly tag: string | undefined
  /** GitLab's word: `push`, `merge_request_event`, `schedule`, … */
  readonly source: string
  readonly variables: readonly Variable[]
  readonly mirror: string | undefined
  readonly settings: string | undefined
}

export interface PlanPorts {
  readonly spawn: Spawn
  readonly files: Files
  readonly http: Http | undefined
  readonly clock: Clock
  readonly env: Readonly<Record<string, string>>
  readonly shipped: () => ShippedComponent
  readonly say: (text: string) => void
}

export interface PlanReport {
  readonly plan: Plan
  readonly kind: PipelineKind
  readonly source: ProjectSource
}

const CONFIG_FILE = '.gitlab-ci.yml'

/** The plan of a folder as it is. Throws `ciconfig.invalid`, `client.no-project`, `client.variables-file`. */
export async function planHere(options: PlanOptions, ports: PlanPorts): Promise<PlanReport> {
  const source = await readPlanSource(options.folder, {
    ...ports,
    isRefGiven: (options.ref ?? options.tag) !== undefined,
  })
  const kind = kindOf(source, options)
  const plan = await planPipeline({
    file: CONFIG_FILE,
    sources: await sourcesOf(source, { kind, options, ports }),
    variables: await variablesOf(source, { kind, options, ports }),
  })
  return { plan, kind, source }
}

function kindOf(source: ProjectSource, { ref, tag, source: name }: PlanOptions): PipelineKind {
  const kind = { source: name, ref: givenRef({ ref, tag }) ?? source.ref }
  if (name === MERGE_REQUEST && kind.ref.type === 'tag')
    throw clientErrors('client.no-project', 'a merge request is of a branch, not of a tag')
  return kind
}

function givenRef({ ref, tag }: Pick<PlanOptions, 'ref' | 'tag'>): PipelineKind['ref'] | undefined {
  if (tag !== undefined) return { name: tag, type: 'tag' }
  return ref === undefined ? undefined : { name: ref, type: 'branch' }
}

interface Context {
  readonly kind: PipelineKind
  readonly options: PlanOptions
  readonly ports: PlanPorts
}

async function sourcesOf(source: ProjectSource, { kind, options, ports }: Context): Promise<Sources> {
  return gitSources(
    await projectSources(source, { kind, ports }),
    elsewhere({ ...ports, mirror: options.mirror }),
  )
}

async function projectSources(
  source: ProjectSource,
  { kind, ports }: Pick<Context, 'kind' | 'ports'>,
): Promise<ProjectSources> {
  const { repository: folder, isRepository, beforeSha, defaultBranch } = source
  if (!isRepository) return plainSources({ folder, files: ports.files })
  const git = gitIn(folder, ports.spawn, ports.env)
  const target = kind.source === MERGE_REQUEST ? await commitOf(git, defaultBranch) : undefined
  const base = target === undefined ? beforeSha : await git.ask('merge-base', target, 'HEAD')
  const compared = kind.ref.type === 'tag' ? undefined : base
  return folderSources(git, { folder, file: CONFIG_FILE, files: ports.files, base: compared })
}

async function variablesOf(
  source: ProjectSource,
  { kind, options, ports }: Context,
): Promise<KnownVariables> {
  const { settings } = options
  const server = {
    externalUrl: source.serverUrl,
    project: { id: 1, visibility: 'private' as const },
    login: ports.env['USER'] ?? 'local',
    createdAtMs: ports.clock.nowMs(),
  }
  return {
    project: [],
    ...(settings === undefined ? {} : await readSettings(settings, ports.files)),
    predefined: predefinedFor(source, { kind, server }),
    pipeline: options.variables,
  }
}
