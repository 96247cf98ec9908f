import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Log } from '../../base/index.ts'
import { systemClock, systemFiles, userFolders } from '../../host/index.ts'
import { createHttp, createRekorClient } from '../../net/index.ts'
import { openWorkFolder } from '../../runner/index.ts'
import type { Admin } from '../../server/index.ts'
import { hasServer, withAdmin } from '../../server/index.ts'
import { startServer } from '../../server/index.ts'
import type { TrustFiles } from '../../http/index.ts'
import { identityOf } from '../../repositories/index.ts'
import { newDataDirectory } from './new-data-directory.ts'
import { checkProjectFolder } from './project-source.ts'
import { publishedSince, reportRelease, type ReleasedFile } from './release-report.ts'
import { CONFIG_PATH, type PipelineResult } from './pipeline.ts'
import { runProject, type RunOptions } from './run-project.ts'

export interface RunHereOptions extends Omit<RunOptions, 'scratch'> {
  /** Undefined for a new directory below the user's data folder. */
  readonly data: string | undefined
  readonly listen: string | undefined
  readonly log: Log
}

export interface RunReport extends PipelineResult {
  readonly url: string
  readonly data: string
  readonly identity: string
  /** Who may read the project: private, internal or public. */
  readonly visibility: string
  /** The services were there before, and go on. */
  readonly isServed: boolean
  /** What this pipeline published; empty unless it succeeded. */
  readonly files: readonly ReleasedFile[]
}

const ANY_PORT = '127.0.0.1:0'

/** Runs a project's pipeline against the server of the data directory, or against one that lives as long as the run. */
export async function runHere(options: RunHereOptions): Promise<RunReport> {
  await checkProjectFolder(options.folder)
  const isNew = options.data === undefined
  const data = isNew
    ? await newDataDirectory(join(userFolders(options.env).data, 'start'))
    : resolve(options.data)
  if (await hasServer(data)) return { ...(await runAgainst(data, options)), isServed: true }
  const listen = options.listen ?? (isNew ? ANY_PORT : undefined)
  const server = await startServer({ data, log: options.log, ...(listen === undefined ? {} : { listen }) })
  options.say(`services at ${server.url}, data in ${data}`)
  for (const reason of server.reasons) options.say(`the services are not ready: ${reason}`)
  try {
    return { ...(await runAgainst(data, options)), isServed: false }
  } finally {
    await server.close()
  }
}

async function runAgainst(data: string, options: RunHereOptions): Promise<Omit<RunReport, 'isServed'>> {
  // Short, because paths below it end up in sockets and shebang lines.
  const work = await openWorkFolder(tmpdir(), systemClock)
  const scratch = work.path
  try {
    return await withAdmin(data, async (admin) => {
      const trust = await admin.trust()
      const result = await runProject(admin, trust, { ...options, scratch })
      return { ...result, ...(await report({ admin, trust, result }, options)), url: trust.url, data }
    })
  } finally {
    await work.close()
  }
}

interface Finished {
  readonly admin: Admin
  readonly trust: TrustFiles
  readonly result: PipelineResult
}

async function report(
  { admin, trust, result }: Finished,
  { env }: RunHereOptions,
): Promise<Pick<RunReport, 'identity' | 'visibility' | 'files'>> {
  const { source, pipeline } = result
  const identity = identityOf(trust.url, { ...source, configPath: CONFIG_PATH })
  const { visibility } = await admin.project(source.path)
  if (pipeline.state !== 'success') return { identity, visibility, files: [] }
  const http = createHttp({ env, files: systemFiles })
  const log = createRekorClient({ url: trust.url, http, clock: systemClock })
  const own = await publishedSince(admin, { path: source.path, sinceMs: pipeline.createdAtMs })
  return { identity, visibility, files: await reportRelease(own, { trust, log, identity }) }
}
