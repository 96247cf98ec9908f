import { isoTimeMs } from '../base/index.ts'
import type { StoredFile } from '../registry/index.ts'

/** GitLab's row of a package file; it computes no MD5 and SHA-1 for them, either. */
export function fileRow(file: StoredFile) {
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
