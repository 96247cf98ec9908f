import { createHash } from 'node:crypto'
import { describeError, WheelsealError, type Files } from '../../base/index.ts'
import { cosignErrors } from './errors.ts'

/** `-` is standard input, as for cosign. The file streams by and is never in memory. Throws `cosign.file`. */
export async function hashFile(path: string, files: Files): Promise<Uint8Array> {
  const hash = createHash('sha256')
  try {
    for await (const part of files.stream(path === '-' ? '/dev/stdin' : path)) hash.update(part)
  } catch (cause) {
    if (cause instanceof WheelsealError) throw cause
    throw cosignErrors('cosign.file', `${path}: ${describeError(cause)}`, { cause })
  }
  return new Uint8Array(hash.digest())
}
