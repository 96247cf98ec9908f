import { existsSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Clock, Files, Spawn } from '../../base/index.ts'
import type { KnownVariables, ShippedComponent, Sources, Variable } from '../../ciconfig/index.ts'
import { lintProject, type LintReport, type Selection, type SituationRequest } from '../../lint/index.ts'
import { clientErrors } from '../errors.ts'
import { elsewhere } from '../plan/elsewhere.ts'
import { gitSources, plainSources } from '../plan/git-sources.ts'
import { folderFiles } from './folder-files.ts'
import { gitFacts, type GitFacts } from './project-facts.ts'

export interface LintOptions {
  readonly folder: string
  readonly mirror: string | undefined
  readonly selection: Selection
}

export interface LintPorts {
  readonly files: Files
  readonly clock: Clock
  readonly spawn: Spawn
  readonly env: Readonly<Record<string, string>>
  readonly shipped: () => ShippedComponent
}

const CONFIG_FILE = '.gitlab-ci.yml'

/**
 * The findings of a folder as it is. Nothing is fetched: what other projects have comes from the mirror folder. Throws
 * `client.no-project`.
 */
export async function lintHere(
  { folder, mirror, selection }: LintOptions,
  ports: LintPorts,
): Promise<LintReport> {
  const place = resolve(folder)
  if (statSync(place, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw clientErrors('client.no-project', `${place} is not a folder`)
  const [facts, found] = await Promise.all([gitFacts(place, ports.files), folderFiles(place, ports.files)])
  const sources = gitSources(
    plainSources({ folder: place, files: ports.files }),
    elsewhere({ ...ports, mirror, http: undefined, say: () => undefined }),
  )
  const hasPipeline = existsSync(join(place, CONFIG_FILE))
  return lintProject(
    {
      ...found,
      pipeline: hasPipeline
        ? { path: CONFIG_FILE, sources: once(sources), situations: situationsOf(facts) }
        : undefined,
      surroundings: {
        ...facts,
        nowMs: ports.clock.nowMs(),
        hasFile: (path) => path.includes('\0') || existsSync(join(place, path)),
      },
    },
    selection,
  )
}

/** One plan after another asks for the same files. */
function once(sources: Sources): Sources {
  const texts = new Map<string, ReturnType<Sources['read']>>()
  return {
    ...sources,
    read: (address) => {
      const key = JSON.stringify(address)
      const answer = texts.get(key) ?? sources.read(address)
      texts.set(key, answer)
      return answer
    },
  }
}

/** A branch that nobody protects, and a tag that looks like a release. */
const BRANCH = 'wheelseal-lint-branch'
const TAG = 'v1.0.0'

export function situationsOf(facts: GitFacts): readonly SituationRequest[] {
  const of = (kind: SituationRequest['kind'], name: string): SituationRequest => ({
    kind,
    ref: `refs/${kind === 'tag' ? 'tags' : 'heads'}/${name}`,
    variables: variablesOf(facts, { kind, name }),
  })
  return [of('default-branch', facts.defaultBranch), of('branch', BRANCH), of('tag', TAG)]
}

function variablesOf(
  { serverUrl, projectPath, defaultBranch }: GitFacts,
  { kind, name }: { readonly kind: SituationRequest['kind']; readonly name: string },
): KnownVariables {
  const { host, hostname, port, protocol } = new URL(serverUrl)
  const cut = projectPath.lastIndexOf('/')
  const values: Readonly<Record<string, string>> = {
    CI: 'true',
    GITLAB_CI: 'true',
    CI_SERVER_URL: serverUrl,
    CI_SERVER_HOST: hostname,
    CI_SERVER_FQDN: host,
    CI_SERVER_PORT: port === '' ? '443' : port,
    CI_SERVER_PROTOCOL: protocol.slice(0, -1),
    CI_API_V4_URL: `${serverUrl}/api/v4`,
    CI_PROJECT_ID: '1',
    CI_PROJECT_PATH: projectPath,
    CI_PROJECT_NAME: projectPath.slice(cut + 1),
    CI_PROJECT_NAMESPACE: projectPath.slice(0, cut),
    CI_PROJECT_ROOT_NAMESPACE: projectPath.split('/')[0] ?? '',
    CI_PROJECT_URL: `${serverUrl}/${projectPath}`,
    CI_DEFAULT_BRANCH: defaultBranch,
    CI_CONFIG_PATH: CONFIG_FILE,
    CI_PIPELINE_SOURCE: 'push',
    CI_COMMIT_REF_NAME: name,
    CI_COMMIT_REF_SLUG: name.toLowerCase().replaceAll(/[^a-z0-9]/g, '-'),
    // A tag that is not protected publishes nothing where rules ask for protection: here it counts as protected.
    CI_COMMIT_REF_PROTECTED: String(kind !== 'branch'),
    ...(kind === 'tag' ? { CI_COMMIT_TAG: name } : { CI_COMMIT_BRANCH: name }),
  }
  const predefined: readonly Variable[] = Object.entries(values).map(([key, value]) => ({ key, value }))
  return { predefined, project: [], pipeline: [] }
}
