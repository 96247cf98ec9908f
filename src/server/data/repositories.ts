import { join } from 'node:path'
import type { Access } from '../../access/index.ts'
import type { Clock, Log } from '../../base/index.ts'
import type { Pipelines } from '../../pipelines/index.ts'
import type { RepositoryParts, SigningTrust } from '../../repositories/index.ts'
import { shippedComponent } from '../../host/index.ts'
import { openGitRepositories } from '../../storage/git/index.ts'
import { createPushStore, type Database } from '../../storage/sql/index.ts'

const MAX_PUSH_BYTES = 2 * 1024 ** 3
/** A push of that size may be sent for fifteen minutes; then git checks it. */
const LIMITS = { maxProcesses: 64, maxOfProject: 16, timeoutMs: 60 * 60_000 }

/** Below the data directory. */
export const REPOSITORIES_FOLDER = 'repositories'

/** Where git is found, which the server's own environment says. */
export function searchPath(): string {
  return process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin'
}

interface Given {
  readonly path: string
  readonly url: string
  readonly database: Database
  readonly access: Access
  readonly pipelines: Pipelines
  readonly trust: { readonly material: SigningTrust }
  readonly ports: { readonly clock: Clock; readonly log: Log; readonly maxPushBytes?: number | undefined }
}

/** The git repositories of a data directory, and what pushes to them start. */
export async function openRepositories({
  path,
  url,
  database,
  ports,
  access,
  pipelines,
  trust,
}: Given): Promise<{
  readonly repositories: RepositoryParts
  readonly maxPushBytes: number
}> {
  const { clock, log, maxPushBytes = MAX_PUSH_BYTES } = ports
  const options = { ...LIMITS, maxPushBytes, path: searchPath() }
  const git = await openGitRepositories(join(path, REPOSITORIES_FOLDER), options)
  const store = createPushStore(database)
  return {
    repositories: {
      access,
      pipelines,
      git,
      store,
      clock,
      log,
      trust: trust.material,
      externalUrl: url,
      shipped: shippedComponent,
    },
    maxPushBytes,
  }
}
