import { closeSync, fsync, openSync, writeFileSync } from 'node:fs'
import { mkdir, rename, rm, type FileHandle } from 'node:fs/promises'
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
  await syncAndClose(openSync(path, 'r'))
}

/** The names in a folder; where `mkdir` made it and `made` is what it gave, also those of the folders that it made. */
export async function syncMade(path: string, made?: string): Promise<void> {
  await syncFolder(path)
  if (made === undefined) return
  for (let folder = resolve(path); folder.length >= made.length; folder = dirname(folder))
    await syncFolder(dirname(folder))
}

export interface Content {
  readonly bytes: Uint8Array
  readonly mode: number
  /** In the folder of the file, and not there. */
  readonly temporary: string
}

/** Whole and durable under its name, or as it was: temporary name, sync, rename, sync of the folder. */
export async function replaceFile(path: string, { bytes, mode, temporary }: Content): Promise<void> {
  try {
    await writeSynced(temporary, bytes, mode)
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncFolder(dirname(path))
}

/** A new file, all of it. Its name is durable after `syncFolder`; what a failure leaves is for the caller to remove. */
export async function writeSynced(path: string, bytes: Uint8Array, mode: number): Promise<void> {
  const file = openSync(path, 'wx', mode)
  try {
    writeFileSync(file, bytes)
  } catch (error) {
    closeSync(file)
    throw error
  }
  await syncAndClose(file)
}

/** The one call here that takes long: it alone is done beside this thread. */
async function syncAndClose(file: number): Promise<void> {
  try {
    await new Promise<void>((done, fail) => {
      fsync(file, (error) => (error === null ? done() : fail(error)))
    })
  } finally {
    closeSync(file)
  }
}

export async function withFile<T>(handle: FileHandle, work: (handle: FileHandle) => Promise<T>): Promise<T> {
  try {
    return await work(handle)
  } finally {
    await handle.close()
  }
}
