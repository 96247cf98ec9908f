import { createReadStream, createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { printable } from '../base/index.ts'
import type { RunnerApi } from './api/api.ts'
import { packGzip } from './archive/gzip.ts'
import { packZip } from './archive/pack.ts'
import { selectFiles, UNTRACKED, type Selection } from './archive/select-files.ts'
import { unpackZip } from './archive/unpack.ts'
import { runnerErrors } from './errors.ts'
import type { JobFolders } from './job/folders.ts'
import type { Job, JobArtifact, JobDependency, JobResult } from './job/job.ts'
import { expand, type Variables } from './job/variables.ts'
import type { JobLog } from './log/job-log.ts'
import { readTracked } from './sources/tracked.ts'

const MAX_ARCHIVE_BYTES = 4 * 1024 ** 3
const MAX_SHOWN_LENGTH = 200
/** A job that makes thousands of links should not fill its log with them. */
const MAX_WARNINGS = 100

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
    options.log.notice('Uploading artifacts...')
    const pack = PACKERS[artifact.artifact_format]
    if (pack === undefined)
      options.log.warning(`${artifact.artifact_type}: this runner does not pack ${shown(artifact)}`)
    else await uploadArtifact(options, artifact, { number, ...pack })
  }
}

function shown({ artifact_format }: JobArtifact): string {
  return printable(artifact_format, { maxLength: 40 })
}

interface Packer {
  readonly ending: string
  readonly pack: typeof packZip
}

/** Reports are gzip. The empty format is the archive's. */
const PACKERS: Readonly<Record<string, Packer | undefined>> = {
  '': { ending: '.zip', pack: packZip },
  zip: { ending: '.zip', pack: packZip },
  gzip: { ending: '.gz', pack: packGzip },
}

async function uploadArtifact(
  options: ArtifactOptions,
  artifact: JobArtifact,
  { number, ending, pack }: Packer & { readonly number: number },
): Promise<void> {
  const { folders, log, signal } = options
  const selection = await selectArtifacts(options, artifact)
  saySelection(log, selection, folders.job.project)
  if (selection.entries.length === 0) return log.error('No files to upload')
  const file = join(folders.host.root, `artifacts-${number}${ending}`)
  try {
    const size = await pack(folders.host.project, selection.entries, { file, signal })
    await send(options, artifact, { file, size, ending })
  } finally {
    await rm(file, { force: true })
  }
}

async function selectArtifacts(
  { folders, variables }: ArtifactOptions,
  artifact: JobArtifact,
): Promise<Selection> {
  const expanded = (texts: readonly string[]): string[] => texts.map((text) => expand(text, variables))
  return selectFiles({
    root: folders.host.project,
    seenAs: folders.job.project,
    patterns: expanded(artifact.paths),
    exclude: expanded(artifact.exclude),
    tracked: artifact.untracked ? await readTracked(folders) : undefined,
  })
}

/** As the stock runner words it, for artifacts and caches. */
export function saySelection(log: JobLog, selection: Selection, project: string): void {
  for (const { pattern, count } of selection.counts) {
    const text = printable(pattern, { maxLength: MAX_SHOWN_LENGTH })
    if (count > 0) log.line(`${text}: found ${count} matching files and directories`)
    else if (pattern === UNTRACKED) log.warning(`${text}: no files`)
    else
      log.warning(
        `${text}: no matching files. Ensure that the artifact path is relative to the working directory (${project})`,
      )
  }
  for (const { pattern, count } of selection.excluded)
    if (count > 0) log.line(`${printable(pattern, { maxLength: MAX_SHOWN_LENGTH })}: excluded ${count} files`)
  for (const warning of selection.warnings.slice(0, MAX_WARNINGS)) log.warning(warning)
  const more = selection.warnings.length - MAX_WARNINGS
  if (more > 0) log.warning(`and ${more} more like these`)
}

async function send(
  { api, job, variables, log, signal }: ArtifactOptions,
  artifact: JobArtifact,
  archive: { readonly file: string; readonly size: number; readonly ending: string },
): Promise<void> {
  const name = basename(expand(artifact.name ?? '', variables))
  const byDefault = artifact.artifact_type === 'archive' ? 'artifacts' : artifact.artifact_type
  const upload = {
    fileName: `${name === '' || name === '.' ? byDefault : name}${archive.ending}`,
    format: artifact.artifact_format === '' ? 'zip' : artifact.artifact_format,
    type: artifact.artifact_type,
    expireIn: artifact.expire_in ?? undefined,
    size: archive.size,
    open: () => createReadStream(archive.file),
  }
  await api.uploadArtifacts(job, upload, signal)
  const shownName = printable(upload.fileName, { maxLength: MAX_SHOWN_LENGTH })
  log.line(`Uploaded ${shownName} as "${upload.type}", ${archive.size} bytes`)
}
