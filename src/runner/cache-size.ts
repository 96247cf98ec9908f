import { lstat, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

const PROJECT = /^project-\d+$/
const ARCHIVE = /^[0-9a-f]{64}\.zip$/
const UNFINISHED = /^[0-9a-f]{64}\.zip\.job-\d+$/
/** No job packs for so long; what is older, a runner that was killed has left. */
const UNFINISHED_MS = 24 * 3_600_000

interface Kept {
  readonly path: string
  readonly size: number
  readonly usedMs: number
}

/** Removes the caches that were used longest ago until the rest has room, and what killed runners have left. */
export async function trimCaches(
  folder: string,
  { limitBytes, nowMs }: { readonly limitBytes: number; readonly nowMs: number },
): Promise<void> {
  const kept: Kept[] = []
  for (const project of (await readdir(folder)).filter((name) => PROJECT.test(name))) {
    for (const name of await readdir(join(folder, project)).catch(() => [])) {
      const path = join(folder, project, name)
      const stats = await lstat(path).catch(() => undefined)
      if (stats?.isFile() !== true) continue
      if (ARCHIVE.test(name)) kept.push({ path, size: stats.size, usedMs: stats.mtimeMs })
      else if (UNFINISHED.test(name) && nowMs - stats.mtimeMs > UNFINISHED_MS) await rm(path, { force: true })
    }
  }
  let size = kept.reduce((sum, one) => sum + one.size, 0)
  for (const oldest of kept.toSorted((a, b) => a.usedMs - b.usedMs)) {
    if (size <= limitBytes) return
    await rm(oldest.path, { force: true })
    size -= oldest.size
  }
}
