import { createReadStream, createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { RunnerApi } from './api/api.ts'
import { packZip } from './archive/pack.ts'
import { selectFiles } from './archive/select-files.ts'
import { unpackZip } from './archive/unpack.ts'
import { runnerErrors } from './errors.ts'
import type { JobFolders } from './job/folders.ts'
import type { Job, JobArtifact, JobDependency, JobResult } from './job/job.ts'
import { expand, type Variables } from './job/variables.ts'
import type { JobLog } from './log/job-log.ts'

const MAX_ARCHIVE_BYTES = 4 * 1024 ** 3

export interface ArtifactOptions {
  readonly api: RunnerApi
  readonly job: Job
  readonly folders: JobFolders
  readonly variables: Variables
  readonly log: JobLog
  readonly signal: AbortSignal
}

/** The artifacts of the jobs that this one depends on, one after the other: later ones replace files of earlier ones. */
export async function downloadDependencies(options: ArtifactOptions): Promise<void> {
  for (const dependency of options.job.dependencies) {
    if (dependency.artifacts_file.filename !== '') {
      await downloadDependency(options, dependency)
    }
  }
}

async function downloadDependency(options: ArtifactOptions, dependency: JobDependency): Promise<void> {
  const { api, folders, log, signal } = options
  log.notice(`Downloading artifacts for ${dependency.name} (${dependency.id})...`)
  const response = await api.downloadArtifacts(dependency, signal)
  if (response.status !== 200) {
    await response.bytes(MAX_ARCHIVE_BYTES)
    throw runnerErrors(
      'runner.artifacts',
      `downloading the artifacts of ${dependency.name} failed: HTTP ${response.status}`,
    )
  }
  const file = join(folders.host.root, `dependency-${dependency.id}.zip`)
  await pipeline(capped(response.body), createWriteStream(file, { mode: 0o600 }))
  const count = await unpackZip(file, folders.host.project)
  await rm(file)
  log.line(`${count} files extracted`)
}

async function* capped(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let length = 0
  for await (const chunk of stream) {
    length += chunk.length
    if (length > MAX_ARCHIVE_BYTES) {
      throw runnerErrors('runner.archive', `the archive is larger than ${MAX_ARCHIVE_BYTES} bytes`)
    }
    yield chunk
  }
}

export function wantedArtifacts(job: Job, result: JobResult): readonly JobArtifact[] {
  return job.artifacts.filter(({ when }) => when === 'always' || when === result)
}

/** No file is a warning, as on GitLab; a refusal by the server fails the job. */
export async function uploadWanted(options: ArtifactOptions, wanted: readonly JobArtifact[]): Promise<void> {
  for (const [number, artifact] of wanted.entries()) {
    if (artifact.artifact_format === 'zip') await uploadArtifact(options, artifact, number)
    else options.log.warning(`${artifact.artifact_type}: this executor uploads only zip archives`)
  }
}

async function uploadArtifact(
  options: ArtifactOptions,
  artifact: JobArtifact,
  number: number,
): Promise<void> {
  const { folders, variables, log } = options
  log.notice('Uploading artifacts...')
  const expanded = (texts: readonly string[]): string[] => texts.map((text) => expand(text, variables))
  const selection = await selectFiles({
    root: folders.host.project,
    seenAs: folders.job.project,
    patterns: expanded(artifact.paths),
    exclude: expanded(artifact.exclude),
  })
  for (const { pattern, count } of selection.counts) {
    if (count > 0) log.line(`${pattern}: found ${count} matching files and directories`)
    else log.warning(`${pattern}: no matching files`)
  }
  for (const warning of selection.warnings) log.warning(warning)
  if (selection.entries.length === 0) return log.error('No files to upload')
  const file = join(folders.host.root, `artifacts-${number}.zip`)
  const size = await packZip(folders.host.project, selection.entries, file)
  await send(options, artifact, { file, size })
  await rm(file)
}

async function send(
  { api, job, variables, log, signal }: ArtifactOptions,
  artifact: JobArtifact,
  archive: { readonly file: string; readonly size: number },
): Promise<void> {
  const name = expand(artifact.name ?? '', variables)
  const upload = {
    fileName: `${name === '' ? 'artifacts' : name}.zip`,
    format: artifact.artifact_format,
    type: artifact.artifact_type,
    expireIn: artifact.expire_in ?? undefined,
    size: archive.size,
    open: () => createReadStream(archive.file),
  }
  await api.uploadArtifacts(job, upload, signal)
  log.line(`Uploaded ${upload.fileName}, ${archive.size} bytes`)
}
