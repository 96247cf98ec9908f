import type { KeyObject } from 'node:crypto'
import type { Log } from '../../base/index.ts'
import { tufKey, type TufRole } from '../../formats/tuf/index.ts'
import { tufRepositoryErrors } from './errors.ts'
import { renewDue, type RenewalParts } from './renew.ts'
import { readState, type State } from './state.ts'

export interface TufRepositoryParts extends RenewalParts {
  readonly log: Log
}

export interface DocumentStatus {
  readonly role: TufRole
  readonly version: number
  /** `YYYY-MM-DDTHH:MM:SSZ` */
  readonly expires: string
}

/** Safe to call concurrently. One process may have a repository open. */
export interface TufRepository {
  /**
   * A document or target by its path below the repository's URL; undefined when there is none. `timestamp.json` is
   * renewed first where it is due; when that fails, the log has why, and clients get the old one as long as it is valid.
   */
  read(path: string): Promise<Uint8Array | undefined>
  /** Signs anew what has less than half of its life left. For a timer, where the files are served by something else. */
  renew(): Promise<void>
  /** What is served now. */
  status(): readonly DocumentStatus[]
  /** A target by the name that clients ask for; undefined for one that the repository does not have. */
  target(name: string): Promise<Uint8Array | undefined>
  /** Whether the root lists the key, of which the public half counts, for the role. */
  lists(role: TufRole, key: KeyObject): boolean
}

const DOCUMENT = /^(?:[1-9][0-9]{0,8}\.)?(?:root|targets|snapshot|timestamp)\.json$/
const TARGET = /^targets\/[0-9a-f]{64}\.[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/
const ROLES = ['root', 'targets', 'snapshot', 'timestamp'] as const

/** Throws `tuf.missing`, `tuf.damaged`, `tuf.key`. */
export async function openTufRepository(parts: TufRepositoryParts): Promise<TufRepository> {
  const { store, log } = parts
  let state = await readState(store)
  checkKey(state, parts.onlineKey)
  let renewal: Promise<void> | undefined
  const renew = (): Promise<void> => {
    renewal ??= renewDue(parts, state)
      .then((renewed) => void (state = renewed))
      .finally(() => (renewal = undefined))
    return renewal
  }
  return {
    read: async (path) => {
      if (!DOCUMENT.test(path) && !TARGET.test(path)) return undefined
      if (path === 'timestamp.json') await renew().catch((error) => log.failure('tuf.renew', error))
      return store.read(path)
    },
    renew,
    status: () => ROLES.map((role) => ({ role, version: state[role].version, expires: state[role].expires })),
    target: async (name) => {
      const found = state.targets.targets[name]
      return found && store.read(`targets/${found.hashes.sha256}.${name}`)
    },
    lists: (role, key) => listsKey(state, role, key),
  }
}

/** §4.3: who may sign for a role stands in the root. */
function checkKey(state: State, key: KeyObject): void {
  for (const role of ['snapshot', 'timestamp'] as const) {
    if (listsKey(state, role, key)) continue
    throw tufRepositoryErrors('tuf.key', `root.json does not list key ${tufKey(key).id} for ${role}`)
  }
}

function listsKey({ root }: State, role: TufRole, key: KeyObject): boolean {
  return root.roles[role]?.keyids.includes(tufKey(key).id) === true
}
