import { closeSync, existsSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { baseErrors, concatBytes, type Files } from '../base/index.ts'
import { naming, PART_BYTES, systemFiles } from './files.ts'

/**
 * For a command that has nothing else to do. Handing one small file to a thread and back takes several times what
 * reading it does; a server must not wait like this.
 */
export const blockingFiles: Files = {
  ...systemFiles,
  read: (path, maxBytes) => naming(path, async () => readWhole(path, maxBytes)),
  exists: async (path, kind) => (kind === undefined ? existsSync(path) : isRegularFile(path)),
}

function isRegularFile(path: string): boolean {
  try {
    return statSync(path).isFile()
  } catch {
    return false
  }
}

function readWhole(path: string, maxBytes: number): Uint8Array {
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    if (size > maxBytes) throw tooLarge(path, maxBytes)
    const parts = [...readParts(file, { firstBytes: size + 1, path, maxBytes })]
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : concatBytes(...parts)
  } finally {
    closeSync(file)
  }
}

interface Reading {
  readonly firstBytes: number
  readonly path: string
  readonly maxBytes: number
}

/** Capped again: devices have no size, and a file may grow. */
function* readParts(file: number, { firstBytes, path, maxBytes }: Reading): Generator<Uint8Array> {
  let part = new Uint8Array(firstBytes)
  for (let length = 0; ; part = new Uint8Array(PART_BYTES)) {
    const count = readSync(file, part)
    if (count === 0) return
    length += count
    if (length > maxBytes) throw tooLarge(path, maxBytes)
    yield part.subarray(0, count)
  }
}

function tooLarge(path: string, maxBytes: number): Error {
  return baseErrors('base.too-large', `${path} has more than the ${maxBytes} bytes that are allowed`)
}
