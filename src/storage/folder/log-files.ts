import { closeSync, openSync, readSync } from 'node:fs'
import { open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { LogFile, LogFiles } from '../../log/index.ts'
import { makeFolder, syncFolder } from '../../host/index.ts'

/** The files of one log below `root`, which is there. */
export function createLogFiles(root: string): LogFiles {
  const place = (path: string): string => join(root, path)
  return {
    list: async (folder) => {
      const names = await readdir(place(folder), { withFileTypes: true }).catch(noneWhenMissing)
      return names.filter((name) => name.isFile()).map(({ name }) => name)
    },
    create: async (path) => asLogFile(await open(place(path), 'ax', 0o600)),
    read: async (path, offset, length) => readAt(place(path), offset, length),
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

/**
 * In this thread, as SQLite reads too: what readers ask for is small and mostly in the system's memory, where a way
 * through other threads for open, read and close costs ten times the read.
 */
function readAt(path: string, offset: number, length: number): Uint8Array {
  const file = openSync(path, 'r')
  try {
    const buffer = new Uint8Array(length)
    let done = 0
    for (let count = -1; done < length && count !== 0; done += count)
      count = readSync(file, buffer, done, length - done, offset + done)
    return buffer.subarray(0, done)
  } finally {
    closeSync(file)
  }
}
