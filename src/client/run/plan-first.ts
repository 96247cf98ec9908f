import { planPipeline, recordSources, type SourceRecord, type Sources } from '../../ciconfig/index.ts'
import { shippedComponent, systemClock, systemFiles, systemSpawn } from '../../host/index.ts'
import { createHttp } from '../../net/index.ts'
import type { TrustFiles } from '../../http/index.ts'
import type { ProjectVariable } from '../../repositories/index.ts'
import { elsewhere } from '../plan/elsewhere.ts'
import { commitSources, gitSources } from '../plan/git-sources.ts'
import { predefinedFor } from '../plan/pipeline-variables.ts'
import { gitIn } from './git.ts'
import type { ProjectSource } from './project-source.ts'

export interface FirstPlan {
  readonly config: { readonly path: string; readonly text: string }
  readonly project: { readonly id: number; readonly visibility: string }
  readonly variables: readonly ProjectVariable[]
  readonly trust: TrustFiles
  readonly options: {
    readonly env: Readonly<Record<string, string>>
    readonly mirror: string | undefined
    readonly say: (text: string) => void
  }
}

const MAX_WARNINGS = 20

/**
 * Plans here, where the repository and the mirror folder are, and returns all that was read: the server plans again from
 * it, and opens no file that a pipeline names. Throws `ciconfig.invalid` before there is a pipeline.
 */
export async function planFirst(source: ProjectSource, first: FirstPlan): Promise<SourceRecord> {
  const { config, variables, options } = first
  const kept = recordSources(sourcesOf(source, first))
  const plan = await planPipeline({
    file: config.path,
    sources: kept.sources,
    variables: { predefined: predefined(source, first), project: variables, pipeline: [] },
    unexecuted: 'refuse',
  })
  for (const { file, line, column, message } of plan.warnings.slice(0, MAX_WARNINGS))
    options.say(`warning: ${file}:${line}:${column}: ${message}`)
  return kept.record()
}

/** The pipeline file is the one of the commit, or the default one, which is in no commit. */
function sourcesOf(source: ProjectSource, { config, options }: FirstPlan): Sources {
  const { env, mirror, say } = options
  const git = gitIn(source.repository, systemSpawn, env)
  const base = source.ref.type === 'tag' ? undefined : source.beforeSha
  const http = createHttp({ env, files: systemFiles, reach: 'public' })
  const ports = { mirror, http, files: systemFiles, spawn: systemSpawn, env, say, shipped: shippedComponent }
  const sources = gitSources(commitSources(git, { sha: source.sha, base }), elsewhere(ports))
  return {
    ...sources,
    read: async (address) =>
      address.kind === 'file' && address.repository === null && address.path === config.path
        ? { kind: 'text', text: config.text }
        : sources.read(address),
  }
}

function predefined(source: ProjectSource, { project, trust, options }: FirstPlan) {
  const visibility =
    project.visibility === 'public' || project.visibility === 'internal' ? project.visibility : 'private'
  return predefinedFor(source, {
    kind: { source: 'push', ref: source.ref },
    server: {
      externalUrl: trust.url,
      project: { id: project.id, visibility },
      login: options.env['USER'] ?? 'local',
      createdAtMs: systemClock.nowMs(),
    },
  })
}
