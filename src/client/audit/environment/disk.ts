import { constants } from 'node:fs'
import { open, readdir, realpath, type FileHandle } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { dirname, join, posix, sep } from 'node:path'
import type { RecordAlgorithm } from '../../../formats/python/archive/index.ts'

/** What stands at a path of an environment. */
export type OnDisk<T> =
  | { readonly kind: 'file'; readonly value: T }
  /** Nothing; a link or anything else that is no file; below a folder that leads out; a file that may not be read. */
  | { readonly kind: 'absent' | 'no file' | 'outside' | 'unreadable' }

/** The files of an environment. Paths are from its root, with `/`. No link is followed out of it. */
export interface Disk {
  /** Lower-case hex. */
  digest(path: string, algorithm: RecordAlgorithm): Promise<OnDisk<string>>
  /** `unreadable` above `maxBytes`. */
  read(path: string, maxBytes: number): Promise<OnDisk<Uint8Array>>
  /** Of a folder at the root; none where there is no such folder. */
  names(folder: 'bin' | 'Scripts'): Promise<readonly string[]>
}

const CHUNK_BYTES = 256 << 10

/** `root` must be free of links. */
export function openDisk(root: string): Disk {
  const folders = new Map<string, Promise<boolean>>()
  const isInside = (folder: string): Promise<boolean> => {
    const known = folders.get(folder) ?? leadsInside(folder, root)
    folders.set(folder, known)
    return known
  }
  const named = new Map<string, Promise<readonly string[]>>()
  const at = async <T>(path: string, use: (file: FileHandle) => Promise<OnDisk<T>>): Promise<OnDisk<T>> => {
    const place = placeOf(root, path)
    if (place === undefined || !(await isInside(dirname(place)))) return { kind: 'outside' }
    return withFile(place, use)
  }
  return {
    digest: (path, algorithm) => at(path, (file) => digestOf(file, algorithm)),
    read: (path, maxBytes) => at(path, (file) => bytesOf(file, maxBytes)),
    names: (folder) => {
      const known = named.get(folder) ?? readdir(join(root, folder)).catch(() => [])
      named.set(folder, known)
      return known
    },
  }
}

function placeOf(root: string, path: string): string | undefined {
  const plain = posix.normalize(path)
  const leadsOut =
    plain === '..' || plain.startsWith('../') || posix.isAbsolute(plain) || plain.includes('\0')
  return leadsOut ? undefined : join(root, plain)
}

async function leadsInside(folder: string, root: string): Promise<boolean> {
  try {
    const real = await realpath(folder)
    return real === root || real.startsWith(`${root}${sep}`)
  } catch {
    // What is not there leads nowhere: the file is absent.
    return true
  }
}

async function withFile<T>(place: string, use: (file: FileHandle) => Promise<OnDisk<T>>): Promise<OnDisk<T>> {
  let file: FileHandle | undefined
  try {
    // A pipe that nobody writes into must not be waited for.
    file = await open(place, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    return (await file.stat()).isFile() ? await use(file) : { kind: 'no file' }
  } catch (error) {
    return { kind: kindOf(error) }
  } finally {
    await file?.close()
  }
}

const KINDS: Readonly<Record<string, 'absent' | 'no file'>> = {
  ENOENT: 'absent',
  ENOTDIR: 'absent',
  ENAMETOOLONG: 'absent',
  ELOOP: 'no file',
  ENXIO: 'no file',
}

function kindOf(error: unknown): 'absent' | 'no file' | 'unreadable' {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return KINDS[code] ?? 'unreadable'
}

async function digestOf(file: FileHandle, algorithm: RecordAlgorithm): Promise<OnDisk<string>> {
  const hash = createHash(algorithm)
  const buffer = new Uint8Array(CHUNK_BYTES)
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES)
    if (bytesRead === 0) return { kind: 'file', value: hash.digest('hex') }
    hash.update(buffer.subarray(0, bytesRead))
  }
}

/** Capped also while it is read: a file may grow. */
async function bytesOf(file: FileHandle, maxBytes: number): Promise<OnDisk<Uint8Array>> {
  const { size } = await file.stat()
  if (size > maxBytes) return { kind: 'unreadable' }
  const bytes = new Uint8Array(size + 1)
  let length = 0
  while (length < bytes.length) {
    const { bytesRead } = await file.read(bytes, length, bytes.length - length)
    if (bytesRead === 0) return { kind: 'file', value: bytes.subarray(0, length) }
    length += bytesRead
  }
  return { kind: 'unreadable' }
}
