import { access, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Log } from '../../base/index.ts'
import { systemClock, systemFiles, systemSpawn } from '../../host/index.ts'
import type { PublishedFile, TrustFiles } from '../../http/index.ts'
import { createHttp, createRekorClient } from '../../net/index.ts'
import type { JobOutcome, RunnerObserver } from '../../runner/index.ts'
import { withAdmin, type Admin, type PipelineSummary } from '../../server/index.ts'
import { checkProjectFolder, readProjectSource, type ProjectSource } from '../run/project-source.ts'
import { reportRelease, type ReleasedFile } from '../run/release-report.ts'
import { identityOf } from '../../repositories/index.ts'
import { announcedNetwork } from './announced-network.ts'
import { executorFor, type ExecutorName } from './executors.ts'
import { readPackageIndex } from './package-index.ts'
import { rehearseProject } from './rehearse-project.ts'
import { withSurroundings, type Surroundings } from './surroundings.ts'
import { runThenScript } from './then-script.ts'
import { trustVariables } from './trust-variables.ts'

export interface RehearseOptions {
  readonly folder: string
  /** A stock cosign for the download of cosign; undefined for our own. */
  readonly cosign: string | undefined
  /** A script to run afterwards, as a user of the package. */
  readonly then: string | undefined
  readonly executor: ExecutorName
  /** A Python that is not the one an image names is an error. */
  readonly isImageStrict: boolean
  readonly mirror: string | undefined
  /** The words that start this program. */
  readonly program: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly observer: RunnerObserver
  /** What the script prints. */
  readonly onThenOutput: (chunk: Uint8Array) => void
  readonly say: (text: string) => void
  readonly signal: AbortSignal
  readonly log: Log
}

export interface RehearseReport {
  readonly source: ProjectSource
  readonly pipeline: PipelineSummary
  readonly outcomes: readonly JobOutcome[]
  /** Whom its signatures name, under keys that are gone now. */
  readonly identity: string
  readonly files: readonly ReleasedFile[]
  /** Of the script; undefined where none ran. */
  readonly thenExitCode: number | undefined
}

/** Runs the pipeline as if this machine were the internet that it names. Everything made for it is gone afterwards. */
export async function rehearse(options: RehearseOptions): Promise<RehearseReport> {
  const { env, signal, say } = options
  await checkProjectFolder(options.folder)
  const then = options.then === undefined ? undefined : await readFile(options.then, 'utf8')
  if (options.cosign !== undefined) await access(options.cosign)
  // Short, because paths below it end up in sockets and shebang lines.
  const scratch = await mkdtemp(join(tmpdir(), 'ws-'))
  try {
    const spawn = systemSpawn
    const source = await readProjectSource(options.folder, { spawn, env, scratch: join(scratch, 'source') })
    if (source.notice !== undefined) say(source.notice)
    signal.throwIfAborted()
    const http = createHttp({ env, files: systemFiles })
    const index = await readPackageIndex({ spawn, http, env, signal })
    signal.throwIfAborted()
    return await withSurroundings({ ...options, scratch, index }, (surroundings) =>
      withAdmin(surroundings.data, (admin) =>
        rehearseIn({ ...options, scratch, source, index, surroundings, admin, thenText: then }),
      ),
    )
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

interface Stage extends RehearseOptions {
  readonly scratch: string
  readonly source: ProjectSource
  readonly index: Awaited<ReturnType<typeof readPackageIndex>>
  readonly surroundings: Surroundings
  readonly admin: Admin
  readonly thenText: string | undefined
}

async function rehearseIn(stage: Stage): Promise<RehearseReport> {
  const { surroundings, admin, source, signal } = stage
  const trust = await admin.trust()
  const variables = trustVariables(trust)
  const lines = announcement(
    surroundings,
    variables.map(({ key }) => key),
  )
  for (const line of lines) stage.say(line)
  signal.throwIfAborted()
  const network = announcedNetwork(surroundings.network, lines)
  const executor = executorFor(stage.executor, { ...stage, network })
  const ended = await rehearseProject(admin, {
    ...stage,
    trust,
    variables,
    executor,
    serverUrl: surroundings.url,
  })
  const identity = identityOf(trust.url, { ...source, configPath: '.gitlab-ci.yml' })
  const isPassed = ended.pipeline.state === 'success'
  const files = isPassed ? await releasedFiles(stage, { trust, identity, since: ended.pipeline }) : []
  signal.throwIfAborted()
  const thenExitCode =
    stage.thenText === undefined || !isPassed
      ? undefined
      : await runThenScript({
          text: stage.thenText,
          executor: executorFor(stage.executor, { ...stage, network: surroundings.network }),
          variables,
          project: { id: ended.pipeline.projectId, path: source.path, serverUrl: trust.url },
          onOutput: stage.onThenOutput,
          say: stage.say,
          signal,
        })
  return { source, ...ended, identity, files, thenExitCode }
}

/** What of this rehearsal is not as it would be on gitlab.com. */
function announcement({ says }: Surroundings, variables: readonly string[]): readonly string[] {
  return [
    'rehearsal: these hosts are answered by this machine, with keys of this run only:',
    ...says.map((line) => `  ${line}`),
    `rehearsal: these variables are added to the project, with the trust root of this run: ${variables.join(', ')}`,
  ]
}

interface Released {
  readonly trust: TrustFiles
  readonly identity: string
  readonly since: PipelineSummary
}

async function releasedFiles(
  { admin, source, env, surroundings }: Stage,
  { trust, identity, since }: Released,
): Promise<readonly ReleasedFile[]> {
  const files: PublishedFile[] = []
  for await (const file of admin.publishedFiles(source.path)) {
    if (file.publishedAtMs < since.createdAtMs) break
    files.push(file)
  }
  const http = createHttp({ env, files: systemFiles })
  const log = createRekorClient({ url: surroundings.url, http, clock: systemClock })
  return reportRelease(files.toReversed(), { trust, log, identity })
}
