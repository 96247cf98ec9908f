import { join } from 'node:path'
import { utf8Decode } from '../../base/index.ts'
import { parseVersion } from '../../formats/python/index.ts'
import { systemFiles } from '../../host/index.ts'

const MAX_BYTES = 4 << 20

/**
 * The version that `PKG-INFO` gives an unpacked sdist: what `python -m build` in that folder makes. Without a repository
 * back ends that derive versions from git take it from there; in the copy that a pipeline runs on they find git, and
 * would make one up.
 */
export async function sdistVersion(folder: string): Promise<{ readonly sdistVersion?: string }> {
  const bytes = await systemFiles.read(join(folder, 'PKG-INFO'), MAX_BYTES).catch(() => undefined)
  if (bytes === undefined) return {}
  const version = headerOf(bytes, 'version')
  return version === undefined ? {} : { sdistVersion: version }
}

/** Of the lines before the first empty one. What is no version counts as none. */
function headerOf(bytes: Uint8Array, name: string): string | undefined {
  try {
    const [head = ''] = utf8Decode(bytes).split(/\r?\n\r?\n/, 1)
    const line = head.split(/\r?\n/).find((one) => one.toLowerCase().startsWith(`${name}:`))
    return line === undefined ? undefined : parseVersion(line.slice(name.length + 1).trim()).normal
  } catch {
    return undefined
  }
}
