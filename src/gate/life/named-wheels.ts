import { readCapped, WheelsealError, type Blob, type Source } from '../../base/index.ts'
import { isMetadataOf, readWheelMetadata } from '../../formats/python/archive/index.ts'
import type { DigestedFile } from './judging.ts'

/**
 * Which kept wheels are of the name and version that they are served under. Bytes are kept under their digest, and may
 * have come under another name: an old wheel that is listed as a new one would pass with the seal of the old one.
 */
export interface NamedWheels {
  /** Seen to be by this process; true for an sdist, in which no name is looked for. */
  has(file: DigestedFile): boolean
  add(file: DigestedFile): void
  /** By the archive. False too where it cannot be read: what comes anew is judged by all of its bytes. */
  isIn(file: DigestedFile, blob: Blob): Promise<boolean>
  /** By what the metadata of these bytes says. */
  isMetadata(file: DigestedFile, metadata: Uint8Array): boolean
}

const MAX_WHEELS = 50_000

export function createNamedWheels(): NamedWheels {
  const named = new Set<string>()
  const keyOf = ({ fileName, sha256 }: DigestedFile): string => `${sha256} ${fileName}`
  const has = (file: DigestedFile): boolean => file.kind !== 'wheel' || named.has(keyOf(file))
  const add = (file: DigestedFile): void => {
    if (named.size >= MAX_WHEELS) named.clear()
    named.add(keyOf(file))
  }
  return {
    has,
    add,
    isIn: async (file, blob) => {
      if (has(file)) return true
      const isNamed = await isNamedIn(file, blob)
      if (isNamed) add(file)
      return isNamed
    },
    isMetadata: (file, metadata) => has(file) || isMetadataOf(file.fileName, metadata),
  }
}

async function isNamedIn({ fileName }: DigestedFile, blob: Blob): Promise<boolean> {
  try {
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
