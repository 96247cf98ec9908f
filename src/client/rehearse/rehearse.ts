import { access, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Log } from '../../base/index.ts'
import { systemClock, systemFiles, systemSpawn } from '../../host/index.ts'
import type { TrustFiles } from '../../http/index.ts'
import { createHttp, createRekorClient } from '../../net/index.ts'
import { openWorkFolder } from '../../runner/index.ts'
import { identityOf, type ProjectVariable } from '../../repositories/index.ts'
import { withAdmin, type Admin, type PipelineSummary } from '../../server/index.ts'
import { checkSandbox } from '../run/executor.ts'
import { writeLauncher } from '../run/launcher.ts'
import { NO_INDEX, readPackageIndex, type PackageIndex } from '../run/package-index.ts'
import { CONFIG_PATH, readSource, type PipelineRequest, type PipelineResult } from '../run/pipeline.ts'
import { checkProjectFolder, type ProjectSource } from '../run/project-source.ts'
import { publishedSince, reportRelease, type ReleasedFile } from '../run/release-report.ts'
import { announcedNetwork } from './announced-network.ts'
import { announcement } from './announcement.ts'
import { executorFor, wheelhousePlace, type ExecutorName } from './executors.ts'
import { rehearseProject } from './rehearse-project.ts'
import { withSurroundings, type Surroundings } from './surroundings.ts'
import { runThenScript } from './then-script.ts'
import { trustVariables, wheelsVariables } from './rehearsal-variables.ts'

export interface RehearseOptions extends PipelineRequest {
  /** A stock cosign for the download of cosign; undefined for our own. */
  readonly cosign: string | undefined
  /** A script to run afterwards, as a user of the package. */
  readonly thenScript: string | undefined
  readonly executor: ExecutorName
  /** What the script prints. */
  readonly onThenOutput: (chunk: Uint8Array) => void
  readonly log: Log
}

export interface RehearseReport extends PipelineResult {
  /** Whom its signatures name, under keys that are gone now. */
  readonly identity: string
  readonly files: readonly ReleasedFile[]
  /** Of the script; undefined where none ran. */
  readonly thenExitCode: number | undefined
}

/** Runs the pipeline as if this machine were the internet that it names. Everything made for it is gone afterwards. */
export async function rehearse(options: RehearseOptions): Promise<RehearseReport> {
  const { folder, cosign, thenScript } = options
  await checkProjectFolder(folder)
  const thenText = thenScript === undefined ? undefined : await readFile(thenScript, 'utf8')
  if (cosign !== undefined) await access(cosign)
  // Short, because paths below it end up in sockets and shebang lines.
  const work = await openWorkFolder(tmpdir(), systemClock)
  const scratch = work.path
  try {
    return await rehearseBelow(scratch, options, thenText)
  } finally {
    await work.close()
  }
}

async function rehearseBelow(
  scratch: string,
  options: RehearseOptions,
  thenText: string | undefined,
): Promise<RehearseReport> {
  const { env, signal, executor } = options
  if (executor === 'sandbox') await checkSandbox({ env, scratch, signal })
  const source = await readSource(options, scratch)
  signal.throwIfAborted()
  const index = await indexFor(options)
  signal.throwIfAborted()
  return withSurroundings({ ...options, scratch, index }, (surroundings) =>
    withAdmin(surroundings.data, async (admin) => {
      const trust = await admin.trust()
      const path = [join(scratch, 'tools')]
      await writeLauncher(join(scratch, 'tools'), options.program)
      return rehearseIn({ ...options, scratch, source, index, surroundings, admin, trust, thenText, path })
    }),
  )
}

async function indexFor({ wheelhouse, env, signal }: RehearseOptions): Promise<PackageIndex> {
  if (wheelhouse !== undefined) return NO_INDEX
  return readPackageIndex({ spawn: systemSpawn, http: createHttp({ env, files: systemFiles }), env, signal })
}

/** All of one rehearsal, once its services run. */
interface Stage extends RehearseOptions {
  readonly scratch: string
  readonly source: ProjectSource
  readonly index: PackageIndex
  readonly surroundings: Surroundings
  readonly admin: Admin
  readonly trust: TrustFiles
  readonly thenText: string | undefined
  /** For the PATH of jobs. */
  readonly path: readonly string[]
}

async function rehearseIn(stage: Stage): Promise<RehearseReport> {
  const { surroundings, admin, trust, source, say, signal } = stage
  const added = [...trustVariables(trust), ...wheelsVariables(wheelhousePlace(stage), trust.url)]
  const lines = announcement(surroundings.says, added)
  for (const line of lines) say(line)
  signal.throwIfAborted()
  const executor = executorFor({ ...stage, network: announcedNetwork(surroundings.network, lines) })
  const ended = await rehearseProject(admin, { ...stage, added, executor, serverUrl: surroundings.url })
  const identity = identityOf(trust.url, { ...source, configPath: CONFIG_PATH })
  if (ended.pipeline.state !== 'success') return { ...ended, identity, files: [], thenExitCode: undefined }
  const files = await releasedFiles(stage, { identity, since: ended.pipeline })
  signal.throwIfAborted()
  const thenExitCode = await thenRun(stage, { added, project: ended.pipeline.projectId })
  return { ...ended, identity, files, thenExitCode }
}

async function releasedFiles(
  { admin, source, env, surroundings, trust }: Stage,
  { identity, since }: { readonly identity: string; readonly since: PipelineSummary },
): Promise<readonly ReleasedFile[]> {
  const files = await publishedSince(admin, { path: source.path, sinceMs: since.createdAtMs })
  const http = createHttp({ env, files: systemFiles })
  const log = createRekorClient({ url: surroundings.url, http, clock: systemClock })
  return reportRelease(files, { trust, log, identity })
}

/** With the network of the jobs, whose log has said already what that is. */
async function thenRun(
  stage: Stage,
  { added, project }: { readonly added: readonly ProjectVariable[]; readonly project: number },
): Promise<number | undefined> {
  const { thenText, surroundings, source, trust, onThenOutput, say, signal } = stage
  if (thenText === undefined) return undefined
  return runThenScript({
    text: thenText,
    executor: executorFor({ ...stage, network: surroundings.network }),
    variables: added,
    project: { id: project, path: source.path, serverUrl: trust.url },
    onOutput: onThenOutput,
    say,
    signal,
  })
}
