import { readCapped, WheelsealError, type Blob, type Source } from '../../base/index.ts'
import { isMetadataOf, readSdistWord, readWheelMetadata } from '../../formats/python/archive/index.ts'
import type { DigestedFile } from './digested.ts'
import { once } from './once.ts'

/**
 * Which kept files are of the name and version that they are served under. Bytes are kept under their digest, and may
 * have come under another name: an old file that is listed as a new one would pass with the seal of the old one.
 */
export interface NamedFiles {
  /** Seen to be by this process. */
  has(file: DigestedFile): boolean
  add(file: DigestedFile): void
  /**
   * By the archive. False too where it cannot be read, or does not say: what comes anew under this name is judged by all of
   * its bytes.
   */
  isIn(file: DigestedFile, blob: Blob): Promise<boolean>
  /** By what the metadata of these bytes says. */
  isMetadata(file: DigestedFile, metadata: Uint8Array): boolean
}

const MAX_FILES = 50_000

export function createNamedFiles(): NamedFiles {
  const named = new Set<string>()
  const single = once<boolean>()
  const keyOf = ({ fileName, sha256 }: DigestedFile): string => `${sha256} ${fileName}`
  const has = (file: DigestedFile): boolean => named.has(keyOf(file))
  const add = (file: DigestedFile): void => {
    if (named.size >= MAX_FILES) named.clear()
    named.add(keyOf(file))
  }
  return {
    has,
    add,
    isIn: async (file, blob) => {
      if (has(file)) return true
      return single(keyOf(file), async () => {
        const isNamed = await isNamedIn(file, blob)
        if (isNamed) add(file)
        return isNamed
      })
    },
    isMetadata: (file, metadata) => has(file) || isMetadataOf(file.fileName, metadata),
  }
}

async function isNamedIn({ fileName, kind }: DigestedFile, blob: Blob): Promise<boolean> {
  try {
    if (kind === 'sdist') return (await readSdistWord(fileName, sourceOf(blob))).kind === 'same'
    await readWheelMetadata(fileName, sourceOf(blob))
    return true
  } catch (error) {
    if (error instanceof WheelsealError) return false
    throw error
  }
}

function sourceOf(blob: Blob): Source {
  return {
    size: blob.size,
    read: (offset, length) =>
      length === 0
        ? Promise.resolve(new Uint8Array())
        : readCapped(blob.stream({ start: offset, end: offset + length - 1 }), length),
  }
}
