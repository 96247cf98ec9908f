import type { LogFiles } from './files.ts'

/** A whole file, synced; its name is durable after `syncFolder`. Takes away what a crash may have left there. */
export async function writeNew(files: LogFiles, path: string, bytes: Uint8Array): Promise<void> {
  await files.remove(path)
  const file = await files.create(path)
  try {
    await file.append(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}
