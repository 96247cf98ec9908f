import { open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { LogFile, LogFiles } from '../../log/index.ts'
import { makeFolder, syncFolder, withFile } from './sync.ts'

/** The files of one log below `root`, which is there. */
export function createLogFiles(root: string): LogFiles {
  const place = (path: string): string => join(root, path)
  return {
    list: async (folder) => {
      const names = await readdir(place(folder), { withFileTypes: true }).catch(noneWhenMissing)
      return names.filter((name) => name.isFile()).map(({ name }) => name)
    },
    create: async (path) => asLogFile(await open(place(path), 'ax', 0o600)),
    read: async (path, offset, length) =>
      withFile(await open(place(path), 'r'), (handle) => readAt(handle, offset, length)),
    size: async (path) => (await stat(place(path))).size,
    makeFolder: async (path) => void (await makeFolder(place(path))),
    rename: (from, to) => rename(place(from), place(to)),
    remove: (path) => rm(place(path), { force: true }),
    syncFolder: (path) => syncFolder(place(path)),
  }
}

function noneWhenMissing(error: NodeJS.ErrnoException): [] {
  if (error.code === 'ENOENT') return []
  throw error
}

function asLogFile(handle: FileHandle): LogFile {
  return {
    // `writeFile` goes on where a write was short.
    append: (bytes) => handle.writeFile(bytes),
    // The length of the file is synced with its bytes; only times are not.
    sync: () => handle.datasync(),
    close: () => handle.close(),
  }
}

async function readAt(handle: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(Math.min(length, Math.max(0, (await handle.stat()).size - offset)))
  let done = 0
  while (done < buffer.length) {
    const { bytesRead } = await handle.read(buffer, done, buffer.length - done, offset + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return buffer.subarray(0, done)
}
