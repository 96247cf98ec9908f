import { homedir } from 'node:os'
import { join } from 'node:path'

export interface UserFolders {
  readonly data: string
  readonly state: string
  readonly cache: string
}

/** This user's folders for Wheelseal, as the XDG Base Directory Specification has them. */
export function userFolders(env: Readonly<Record<string, string | undefined>>): UserFolders {
  const home = env['HOME'] ?? homedir()
  const folder = (variable: string, fallback: string): string => {
    const value = env[variable]
    return join(value !== undefined && value.startsWith('/') ? value : join(home, fallback), 'wheelseal')
  }
  return {
    data: folder('XDG_DATA_HOME', '.local/share'),
    state: folder('XDG_STATE_HOME', '.local/state'),
    cache: folder('XDG_CACHE_HOME', '.cache'),
  }
}
