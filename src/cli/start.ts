/**
 * What the packed npm package starts: wheelseal.mjs, whose compiled code is kept from one start to the next.
 *
 * Compiled code is trusted as the program is, so it is kept in a folder of this user and never in one that another can
 * write to, which the default of Node (the folder for temporary files) would be.
 */
import type * as Fs from 'node:fs'
import type * as Module from 'node:module'
import { basename } from 'node:path'

// To import them would read every name they have, and load all that stands behind.
const fs: typeof Fs | undefined = process.getBuiltinModule?.('node:fs')
const module: Pick<typeof Module, 'enableCompileCache'> | undefined =
  process.getBuiltinModule?.('node:module')

// Before the program is read: an id token among the arguments leaves the process list at once.
if (process.argv[2] === 'cosign' || basename(process.argv[1] ?? '') === 'cosign') process.title = 'cosign'

const folder = cacheFolder()
// Older Nodes do not have it; the program then says that they are too old.
if (folder !== undefined && isOwn(folder)) module?.enableCompileCache?.(folder)
await import('./main.ts')

function cacheFolder(): string | undefined {
  const { XDG_CACHE_HOME: cache, HOME: home } = process.env
  const parent =
    cache?.startsWith('/') === true ? cache : home?.startsWith('/') === true ? `${home}/.cache` : undefined
  return parent && `${parent}/wheelseal/compiled`
}

/** Not that of the user whom `sudo` came from, nor one that others may write to. A folder that cannot be had is no harm. */
function isOwn(path: string): boolean {
  try {
    fs?.mkdirSync(path, { recursive: true, mode: 0o700 })
    const stat = fs?.statSync(path)
    return stat !== undefined && stat.uid === process.getuid?.() && (stat.mode & 0o022) === 0
  } catch {
    return false
  }
}
