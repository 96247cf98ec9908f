import { createHash } from 'node:crypto'
import type { Files } from '../../base/index.ts'

/** The file streams by and is never in memory. Throws `host.file`. */
export async function hashFile(path: string, files: Files): Promise<Uint8Array> {
  const hash = createHash('sha256')
  for await (const part of files.stream(path)) hash.update(part)
  return new Uint8Array(hash.digest())
}
