import { mkdir, open, type FileHandle } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

/**
 * Makes a folder, its owner's only, and those above it; each new name is durable when it resolves. Gives the uppermost
 * one that was made.
 */
export async function makeFolder(path: string): Promise<string | undefined> {
  // Whole, because the answer of `mkdir` is relative where the path is, and nothing above could then be compared.
  const whole = resolve(path)
  const first = await mkdir(whole, { recursive: true, mode: 0o700 })
  if (first === undefined) return undefined
  for (let made = whole; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made))
  return first
}

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
