import { join } from 'node:path'
import { userFolders } from '../../host/index.ts'
import { serverErrors } from '../errors.ts'

/** sockaddr_un holds 108 bytes on Linux, one of them the final NUL (unix(7)). */
const MAX_SOCKET_PATH_BYTES = 107

export function databasePath(data: string): string {
  return join(data, 'wheelseal.db')
}

/** Of what gates keep beside the database, which can be deleted and comes back. */
export function gateFolder(data: string): string {
  return join(data, 'gate')
}

/** A number that the database of an instance carries, never 0. */
export function ownerOf({ rekorTreeId }: { readonly rekorTreeId: string }): number {
  return Number(BigInt(rekorTreeId) % 0x7ffffffen) + 1
}

/** Outside of the data directory, so that it does not go back in time with it. */
export function anchorPath({ rekorTreeId }: { readonly rekorTreeId: string }): string {
  return join(userFolders(process.env).state, 'anchors', rekorTreeId)
}

/** Throws `server.socket-path` when no socket could have that path. */
export function adminSocketPath(data: string): string {
  const path = join(data, 'run', 'admin.sock')
  const bytes = Buffer.byteLength(path)
  if (bytes > MAX_SOCKET_PATH_BYTES) {
    throw serverErrors(
      'server.socket-path',
      `${path} has ${bytes} bytes; the limit is ${MAX_SOCKET_PATH_BYTES}`,
    )
  }
  return path
}
