import { join } from 'node:path'
import type { TrustFiles } from '../../http/index.ts'
import type { ProjectVariable } from '../../repositories/index.ts'
import type { Executor } from '../../runner/index.ts'
import type { Admin } from '../../server/index.ts'
import { clientErrors } from '../errors.ts'
import type { PackageIndex } from '../run/package-index.ts'
import {
  CONFIG_PATH,
  runPipeline,
  userOf,
  type PipelineRequest,
  type PipelineResult,
} from '../run/pipeline.ts'
import type { ProjectSource } from '../run/project-source.ts'
import { ensurePublisher } from '../run/publisher.ts'
import { mergedVariables } from '../run/variables.ts'
import { BUILD_BACKENDS } from './build-backends.ts'

export interface RehearsedProject extends PipelineRequest {
  readonly source: ProjectSource
  readonly trust: TrustFiles
  /** What the project has in a rehearsal, and has not on gitlab.com. */
  readonly added: readonly ProjectVariable[]
  /** Where the runner asks for jobs. */
  readonly serverUrl: string
  readonly executor: Executor
  readonly index: PackageIndex
  readonly scratch: string
}

/** The pipeline of the project's own file, as it is, on the instance behind `admin`, to its end. */
export async function rehearseProject(admin: Admin, rehearsed: RehearsedProject): Promise<PipelineResult> {
  const { source, trust, added, serverUrl, executor, index, scratch, say } = rehearsed
  const { path, defaultBranch } = source
  const text = configOf(source)
  const user = userOf(rehearsed)
  const project = await ensurePublisher(admin, { path, visibility: 'public', defaultBranch, user, say })
  if (index.url !== undefined)
    await admin.setForwarding({ project: path, indexUrl: index.url, names: BUILD_BACKENDS })
  const variables = mergedVariables(added, rehearsed.variables)
  const runner = {
    description: 'wheelseal rehearse',
    serverUrl,
    executor,
    cacheFolder: join(scratch, 'cache'),
  }
  return runPipeline(admin, { source, project, trust, text, variables, runner }, rehearsed)
}

function configOf({ config }: ProjectSource): string {
  if (config !== undefined) return config
  throw clientErrors(
    'client.no-project',
    `the commit has no ${CONFIG_PATH}, so there is nothing to rehearse`,
    {
      hint: "'wheelseal run' runs a project without one by a pipeline of its own; 'wheelseal init' writes one",
    },
  )
}
