import { open, type FileHandle } from 'node:fs/promises'

/** A name is durable only when the folder that holds it is. */
export async function syncFolder(path: string): Promise<void> {
  await withFile(await open(path, 'r'), (handle) => handle.sync())
}

export async function withFile<T>(handle: FileHandle, work: (handle: FileHandle) => Promise<T>): Promise<T> {
  try {
    return await work(handle)
  } finally {
    await handle.close()
  }
}
