import { lstat, mkdtemp, readdir, rename } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { getuid } from 'node:process'
import { once } from 'node:events'
import type { Clock } from '../base/index.ts'
import { removeFolder } from './job/folders.ts'

const PREFIX = 'wsr-'
const NAME = /^wsr-[A-Za-z0-9]{6}$/
const UNFINISHED = /^wsr-new-[A-Za-z0-9]{6}$/
/** Who makes a folder needs milliseconds; a folder without a socket that is older has nobody. */
const UNFINISHED_MS = 10 * 60_000
const SOCKET = 'alive'

/** A new folder below `parent` that lives as long as its process, or until the next one looks. */
export interface WorkFolder {
  readonly path: string
  close(): Promise<void>
}

/**
 * Removes the folders that killed runners of this user have left, then makes one. Whether a folder is in use is told by
 * its socket, on which its process listens: the kernel ends that with the process, however it ends, and no number of a
 * process is believed. A folder has its final name only when its socket listens.
 */
export async function openWorkFolder(parent: string, clock: Clock): Promise<WorkFolder> {
  await removeLeftFolders(parent, clock.nowMs())
  const made = await mkdtemp(join(parent, `${PREFIX}new-`))
  const server = createServer((socket) => void socket.destroy())
  server.unref()
  server.listen(join(made, SOCKET))
  await once(server, 'listening')
  const path = join(parent, `${PREFIX}${made.slice(-6)}`)
  await rename(made, path)
  return { path, close: () => close(server, path) }
}

async function close(server: Server, path: string): Promise<void> {
  await removeFolder(path)
  server.close()
}

/** What cannot be removed, since processes of its jobs still write there, is left to the next one. */
async function removeLeftFolders(parent: string, nowMs: number): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!NAME.test(name) && !UNFINISHED.test(name)) continue
    const path = join(parent, name)
    if (await isLeft(path, nowMs)) await removeFolder(path).catch(() => undefined)
  }
}

async function isLeft(path: string, nowMs: number): Promise<boolean> {
  const stats = await lstat(path).catch(() => undefined)
  if (stats?.isDirectory() !== true || stats.uid !== getuid?.()) return false
  const answer = await ask(join(path, SOCKET))
  return answer === 'refused' || (answer === 'absent' && nowMs - stats.mtimeMs > UNFINISHED_MS)
}

/** What is neither refused nor absent counts as in use. */
function ask(path: string): Promise<'alive' | 'refused' | 'absent'> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve('alive')
    })
    socket.once('error', ({ code }: NodeJS.ErrnoException) => {
      resolve(code === 'ECONNREFUSED' ? 'refused' : code === 'ENOENT' ? 'absent' : 'alive')
    })
  })
}
