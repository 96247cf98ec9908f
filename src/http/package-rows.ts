import { isoTimeMs } from '../base/index.ts'
import type { JobOrigin } from '../pipelines/index.ts'
import type { PackageFileRecord, PackageRecord, StoredFile } from '../registry/index.ts'

/** GitLab's row of a package file; it computes no MD5 and SHA-1 for them, either. */
export function fileRow(
  file: Pick<StoredFile, 'id' | 'packageId' | 'createdAtMs' | 'size' | 'sha256' | 'fileName'>,
) {
  const created = isoTimeMs(file.createdAtMs)
  return {
    id: file.id,
    package_id: file.packageId,
    created_at: created,
    updated_at: created,
    size: file.size,
    file_store: 1,
    file_md5: null,
    file_sha1: null,
    file_sha256: file.sha256,
    file_name: file.fileName,
    status: 'default',
  }
}

export function listedFileRow(file: PackageFileRecord, origin: PipelineRow | undefined) {
  return { ...fileRow(file), pipelines: origin === undefined ? [] : [origin] }
}

export interface RowPlace {
  /** Of this server, as the client sees it. */
  readonly url: string
  readonly projectPath: string
  /** Whether who asks may delete it. */
  readonly mayDelete: boolean
}

/** GitLab's row of a package. The link to a page is there because clients read it, whether or not the page is. */
export function packageRow(found: PackageRecord, place: RowPlace, origin: PipelineRow | undefined) {
  const { id, projectId, name, version, kind, isHidden, createdAtMs } = found
  const path = `${place.url}/api/v4/projects/${projectId}/packages/${id}`
  return {
    id,
    name,
    version,
    package_type: kind,
    status: isHidden ? 'hidden' : 'default',
    _links: {
      web_path: `/${place.projectPath}/-/packages/${id}`,
      ...(place.mayDelete ? { delete_api_path: path } : {}),
    },
    created_at: isoTimeMs(createdAtMs),
    last_downloaded_at: null,
    project_id: projectId,
    project_path: place.projectPath,
    tags: [],
    ...(origin === undefined ? {} : { pipeline: origin }),
    pipelines: origin === undefined ? [] : [origin],
  }
}

export type PipelineRow = ReturnType<typeof pipelineRow>

/** GitLab's row of a pipeline. */
export function pipelineRow(origin: JobOrigin, url: string) {
  const { pipelineId, iid, projectId, projectPath, sha, ref, state, source, user } = origin
  return {
    id: pipelineId,
    iid,
    project_id: projectId,
    sha,
    ref,
    status: state,
    source,
    created_at: isoTimeMs(origin.createdAtMs),
    updated_at: isoTimeMs(origin.updatedAtMs),
    web_url: `${url}/${projectPath}/-/pipelines/${pipelineId}`,
    user: {
      id: user.id,
      username: user.login,
      name: user.login,
      state: 'active',
      avatar_url: null,
      web_url: `${url}/${user.login}`,
    },
  }
}
