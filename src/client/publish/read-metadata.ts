import { basename } from 'node:path'
import type { WheelsealError } from '../../base/index.ts'
import { checkDistribution } from '../../formats/python/archive/index.ts'
import { withSource } from '../../host/index.ts'
import { packagingErrors, type ReadMetadata } from '../../packaging/index.ts'

/**
 * Judges a distribution as the registry will, so that its refusal comes before anything is uploaded. Throws
 * `packaging.file` with the first finding, `host.file`.
 */
export const readMetadata: ReadMetadata = async (path) => {
  const { findings, metadata } = await withSource(path, (source) => checkDistribution(basename(path), source))
  if (findings.length === 0 && metadata !== undefined) return { requiresPython: metadata.core.requiresPython }
  throw packagingErrors('packaging.file', `${path}: ${told(findings)}`, {
    hint: `'wheelseal check-dist ${path}' lists everything that is wrong`,
  })
}

function told([first, ...more]: readonly WheelsealError[]): string {
  if (first === undefined) return 'it has no metadata'
  return `${first.message} [${first.code}]${more.length === 0 ? '' : ` (and ${more.length} more)`}`
}
