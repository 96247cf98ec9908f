import { join } from 'node:path'
import { appErrors } from './errors.ts'

/** sockaddr_un holds 108 bytes on Linux, one of them the final NUL (unix(7)). */
const MAX_SOCKET_PATH_BYTES = 107

export function databasePath(data: string): string {
  return join(data, 'wheelseal.db')
}

/** Throws `app.socket-path` when no socket could have that path. */
export function adminSocketPath(data: string): string {
  const path = join(data, 'run', 'admin.sock')
  const bytes = Buffer.byteLength(path)
  if (bytes > MAX_SOCKET_PATH_BYTES) {
    throw appErrors('app.socket-path', `${path} has ${bytes} bytes, ${MAX_SOCKET_PATH_BYTES} are possible`)
  }
  return path
}
