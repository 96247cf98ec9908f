import { join } from 'node:path'
import { sha256Hex } from '../../base/index.ts'
import { shippedFile, userFolders } from '../../host/index.ts'
import type { TrustFiles } from '../../http/index.ts'
import { projectVariables, type ProjectVariable } from '../../repositories/index.ts'
import type { Admin } from '../../server/index.ts'
import { chooseExecutor, type ExecutorChoice } from './executor.ts'
import { writeLaunchers } from './launcher.ts'
import {
  CONFIG_PATH,
  readSource,
  runPipeline,
  userOf,
  type PipelineRequest,
  type PipelineResult,
} from './pipeline.ts'
import type { ProjectSource } from './project-source.ts'
import { ensurePublisher } from './publisher.ts'
import { mergedVariables, versionVariables, wheelhouseVariables } from './variables.ts'

export interface RunOptions extends PipelineRequest {
  readonly executor: ExecutorChoice
  readonly visibility: string
  /** Folders of tools for the PATH of the jobs; a `cosign` in them takes the place of ours. */
  readonly prependPath: readonly string[]
  /** A new folder for everything that the run leaves to no one. Its path should be short. */
  readonly scratch: string
}

/** Creates a pipeline of the project's commit on the instance behind `admin`, and runs its jobs here to the end. */
export async function runProject(
  admin: Admin,
  trust: TrustFiles,
  options: RunOptions,
): Promise<PipelineResult> {
  const { scratch, visibility, say } = options
  const source = await readSource(options, scratch)
  const { path, defaultBranch, sdistVersion } = source
  if (sdistVersion !== undefined) say(`the folder is an unpacked sdist; its version is ${sdistVersion}`)
  const tools = await writeLaunchers(join(scratch, 'tools'), options.program, options.prependPath)
  const chosen = await chooseExecutor({
    ...options,
    choice: options.executor,
    serverUrl: trust.url,
    instance: instanceOf(trust),
    path: [tools],
  })
  const user = userOf(options)
  const order = {
    source,
    project: await ensurePublisher(admin, { path, visibility, defaultBranch, user, say }),
    trust,
    text: source.config ?? defaultPipeline(say),
    variables: variablesOf(source, trust, { wheelhouse: chosen.wheelhouse, given: options.variables }),
    runner: {
      description: 'wheelseal run',
      serverUrl: trust.url,
      executor: chosen.executor,
      cacheFolder: join(userFolders(options.env).cache, 'jobs', instanceOf(trust)),
    },
  }
  return runPipeline(admin, order, options)
}

function variablesOf(
  { path, ref, sdistVersion }: ProjectSource,
  trust: TrustFiles,
  { wheelhouse, given }: { readonly wheelhouse: string | undefined; readonly given: RunOptions['variables'] },
): readonly ProjectVariable[] {
  return mergedVariables(
    projectVariables(trust, { path, ref, configPath: CONFIG_PATH }),
    wheelhouseVariables(wheelhouse),
    versionVariables(sdistVersion),
    given,
  )
}

/** It takes names and versions from what was built, so that it serves any project. */
function defaultPipeline(say: (text: string) => void): string {
  say(`the project has no ${CONFIG_PATH}; the six stages of the default pipeline run`)
  return shippedFile('templates/python-package.yml')
}

/**
 * By the key of its log, which no other has. Project ids begin at 1 in every instance: what one instance's jobs have
 * cached must not reach another's.
 */
function instanceOf({ rekor }: TrustFiles): string {
  return sha256Hex(rekor).slice(0, 16)
}
