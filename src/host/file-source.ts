import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { baseErrors, systemReason, type Source } from '../base/index.ts'
import { withFile } from './durable.ts'
import { hostErrors } from './errors.ts'

/**
 * A file to be read at any place, open while `work` runs: what is read is of one file, also where its path becomes
 * another's. Throws `host.file`, also for what is no regular file, and `base.truncated` where it became shorter.
 */
export async function withSource<Result>(
  path: string,
  work: (source: Source) => Promise<Result>,
): Promise<Result> {
  return withFile(await opened(path), async (handle) => {
    const { size } = await handle.stat()
    return work({ size, read: (offset, length) => readAll(handle, offset, new Uint8Array(length)) })
  })
}

/** Opening a pipe would wait for whoever writes. */
async function opened(path: string): Promise<FileHandle> {
  try {
    const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    if ((await handle.stat()).isFile()) return handle
    await handle.close()
  } catch (cause) {
    throw hostErrors('host.file', `${path}: ${systemReason(cause)}`, { cause })
  }
  throw hostErrors('host.file', `${path}: not a regular file`)
}

async function readAll(handle: FileHandle, offset: number, bytes: Uint8Array): Promise<Uint8Array> {
  for (let at = 0; at < bytes.length;) {
    const { bytesRead } = await handle.read(bytes, at, bytes.length - at, offset + at)
    if (bytesRead === 0)
      throw baseErrors('base.truncated', `the file ends before byte ${offset + bytes.length}`)
    at += bytesRead
  }
  return bytes
}
