import { join } from 'node:path'
import { makeFolder, systemClock, systemEntropy } from '../../host/index.ts'
import { migrations } from '../../storage/sql/index.ts'
import { openDatabase } from '../../storage/sqlite/index.ts'
import { createInstance, type DataDirectory, type Instance } from './data-directory.ts'
import { createKeys, loadKeys } from '../keys/keys.ts'
import { createLogs } from '../sigstore/logs.ts'
import { createInstanceTuf } from '../sigstore/tuf-repository.ts'
import { databasePath, ownerOf } from './paths.ts'

/** Makes the keys, the certificates, the TUF repository and the two logs, once and explicitly: a missing log never becomes an empty one. */
export async function firstStart(
  directory: DataDirectory,
  { url, listen }: Pick<Instance, 'url' | 'listen'>,
): Promise<Instance> {
  const ports = { clock: systemClock, entropy: systemEntropy }
  const instance = {
    url,
    ...(listen === undefined ? {} : { listen }),
    rekorTreeId: newTreeId(systemEntropy.bytes(8)),
    createdAtMs: systemClock.nowMs(),
  }
  return createInstance(directory, instance, async () => {
    await createKeys(directory.path, { ...ports, name: new URL(url).host })
    await createInstanceTuf(directory.path, instance)
    const owner = ownerOf(instance)
    const database = await openDatabase(databasePath(directory.path), migrations, { owner })
    await database.destroy()
    // All that a later start misses, where somebody took it away.
    for (const folder of ['blobs/sha256', 'traces']) await makeFolder(join(directory.path, folder))
    await createLogs({
      path: directory.path,
      instance,
      keys: await loadKeys(directory.path),
      clock: systemClock,
    })
  })
}

/** A positive int64, as Rekor's tree ids are. */
function newTreeId(bytes: Uint8Array): string {
  const [high = 0n] = new BigUint64Array(Uint8Array.from(bytes).buffer)
  return String((high & 0x7fffffffffffffffn) | 1n)
}
