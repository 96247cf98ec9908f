import { readdir } from 'node:fs/promises'
import { STAND_IN_HOSTS } from '../rehearsal/index.ts'
import { serverErrors } from './errors.ts'

/**
 * An instance that is kept speaks in its own name only: what its authority certifies under the name of a public service
 * would look like that service's to whoever trusts the instance. Throws `server.borrowed-name`.
 */
export function refuseBorrowedName(url: string): void {
  const { hostname } = new URL(url)
  const isBorrowed = STAND_IN_HOSTS.some(({ host }) => hostname === host || hostname.endsWith(`.${host}`))
  if (isBorrowed)
    throw serverErrors(
      'server.borrowed-name',
      `${url} is not a name of this server, but that of a public service`,
    )
}

/** A directory that a rehearsal did not make may hold keys that somebody trusts. Throws `server.rehearsal-data`. */
export async function refuseUsedFolder(path: string): Promise<void> {
  const names = await readdir(path).catch((): readonly string[] => [])
  if (names.length > 0) throw serverErrors('server.rehearsal-data', `${path} is not empty`)
}
