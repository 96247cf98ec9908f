import { paged } from './paged.ts'
import type { NameKey, PackageStatus, RegistryStore, StoredFile } from './store.ts'

/** What the index shows of a package. */
export interface ShownPackage {
  /** Normalised. */
  readonly name: string
  /** As its first file spelled it. */
  readonly title: string
  readonly status: PackageStatus
  /** '' without one. */
  readonly statusReason: string
  /** Oldest first; none of a quarantined package. */
  readonly files: AsyncIterable<StoredFile>
}

/** Undefined where the project never had a file of it: the name of one that was deleted stays a name of this project. */
export async function shownPackage(store: RegistryStore, key: NameKey): Promise<ShownPackage | undefined> {
  const found = await store.findName(key)
  if (found === undefined) return undefined
  const { status, statusReason } = found.status === 'active' ? await statusOf(store, key) : found
  const files = status === 'quarantined' ? none() : shownFiles(store, key)
  return { name: key.nameKey, title: found.name, status, statusReason, files }
}

export function shownFiles(store: RegistryStore, key: NameKey): AsyncIterable<StoredFile> {
  return paged(0, {
    read: (afterId, limit) => store.listShownFiles(key, { afterId, limit }),
    after: ({ id }) => id,
  })
}

async function* none(): AsyncGenerator<StoredFile> {}

/** Files that are looked at for why a package shows none. */
const LOOKED_AT = 100

/** A package whose every file was quarantined on its own is quarantined to who reads its page (PEP 792). */
async function statusOf(
  store: RegistryStore,
  key: NameKey,
): Promise<Pick<ShownPackage, 'status' | 'statusReason'>> {
  const active = { status: 'active', statusReason: '' } as const
  const [shown] = await store.listShownFiles(key, { afterId: 0, limit: 1 })
  if (shown !== undefined) return active
  const files = await store.listFiles(key, { afterId: 0, limit: LOOKED_AT })
  const kept = files.filter(({ deletedAtMs }) => deletedAtMs === null)
  const reason = kept[0]?.quarantinedReason ?? null
  if (reason === null || kept.some(({ quarantinedReason }) => quarantinedReason === null)) return active
  return { status: 'quarantined', statusReason: reason }
}
