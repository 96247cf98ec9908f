import { planPipeline, recordSources } from '../ciconfig/index.ts'
import { pipelineVariables, type PipelineCommit, type PipelineView } from '../pipelines/index.ts'
import { repositoryErrors } from './errors.ts'
import type { RepositoryParts } from './parts.ts'
import { projectVariables } from './project-variables.ts'
import { sourcesFor } from './sources.ts'
import type { WantedPipeline } from './wanted.ts'

const CONFIG_FILE = '.gitlab-ci.yml'
/** More of a message would be in every job's environment. */
const MAX_MESSAGE_LENGTH = 32_768

/**
 * Plans from the repository at the commit and makes the pipeline, and the ref by which runners fetch it. Throws
 * `repositories.no-pipeline`, `ciconfig.invalid`, `pipelines.commit`.
 */
export async function makePipeline(parts: RepositoryParts, wanted: WantedPipeline): Promise<PipelineView> {
  const { project, commit } = wanted
  const text = await parts.git.sourcesAt(project.id, { sha: commit.sha, base: undefined }).text(CONFIG_FILE)
  if (text.kind === 'absent')
    throw repositoryErrors(
      'repositories.no-pipeline',
      `the commit has no ${CONFIG_FILE}${text.reason === undefined ? '' : `: ${text.reason}`}`,
    )
  const request = await requestOf(parts, wanted)
  const sources = await recorded(parts, wanted, request)
  const config = { path: CONFIG_FILE, text: text.text, sources }
  const pipeline = await parts.pipelines.create({ ...request, config })
  await parts.git.setPipelineRef(project.id, { id: pipeline.id, sha: commit.sha })
  return pipeline
}

/** Keeps for everybody what is wrong with the file, as GitLab does of a push: a pipeline that failed and has no jobs. */
export async function makeInvalidPipeline(
  parts: RepositoryParts,
  wanted: WantedPipeline,
  yamlErrors: readonly string[],
): Promise<PipelineView> {
  const request = await requestOf(parts, wanted)
  return parts.pipelines.create({ ...request, config: { path: CONFIG_FILE, text: '' }, yamlErrors })
}

async function requestOf(parts: RepositoryParts, wanted: WantedPipeline) {
  const { project, user, source } = wanted
  const made = commitOf(parts, wanted)
  const signed = { path: project.path, ref: { name: made.ref, type: made.refType }, configPath: CONFIG_FILE }
  return {
    project,
    user: {
      id: user.id,
      login: user.login,
      email: user.email,
      accessLevel: await parts.access.roleOf(user, project),
    },
    commit: made,
    source,
    variables: projectVariables(parts.trust, signed),
    pipelineVariables: wanted.variables,
  }
}

/** All that a plan of it reads: `create` plans again, from this, and opens nothing. */
async function recorded(
  parts: RepositoryParts,
  wanted: WantedPipeline,
  request: Pick<
    Parameters<RepositoryParts['pipelines']['create']>[0],
    'project' | 'user' | 'commit' | 'source' | 'variables'
  >,
) {
  const kept = recordSources(sourcesFor(parts, wanted))
  const facts = { externalUrl: parts.externalUrl, createdAtMs: parts.clock.nowMs() }
  await planPipeline({
    file: CONFIG_FILE,
    sources: kept.sources,
    variables: {
      predefined: pipelineVariables({ ...request, configPath: CONFIG_FILE }, facts),
      project: request.variables,
      pipeline: wanted.variables,
    },
    unexecuted: 'refuse',
  })
  return kept.record()
}

function commitOf({ externalUrl }: RepositoryParts, wanted: WantedPipeline): PipelineCommit {
  const { project, commit, ref, beforeSha, mark } = wanted
  const [, kind, name = ''] = /^refs\/(heads|tags)\/(.+)$/s.exec(ref) ?? []
  return {
    repositoryUrl: `${externalUrl}/${project.path}.git`,
    sha: commit.sha,
    ref: name,
    refType: kind === 'tags' ? 'tag' : 'branch',
    ...(beforeSha === undefined ? {} : { beforeSha }),
    title: commit.title,
    message: commit.message.slice(0, MAX_MESSAGE_LENGTH),
    author: `${commit.author.name} <${commit.author.email}>`,
    timestamp: commit.committer.at,
    ...(mark === undefined ? {} : { push: mark }),
  }
}
