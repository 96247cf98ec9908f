import type { KeyObject } from 'node:crypto'
import { spkiOf } from '../formats/x509/index.ts'
import { join } from 'node:path'
import { reworded, WheelsealError, type Clock, type Log } from '../base/index.ts'
import type { InstanceTrust } from '../formats/trustroot/index.ts'
import { systemClock } from '../host/index.ts'
import { createFolderRootRepository } from '../storage/folder/index.ts'
import {
  createRootRepository,
  DEFAULT_LIFETIMES,
  openRootRepository,
  sigstoreTargets,
  type RootRepository,
} from '../trust/rootrepo/index.ts'
import type { Instance } from './data-directory.ts'
import { loadKeys, loadRootKeys, type InstanceKeys } from './keys.ts'

type Born = Pick<Instance, 'url' | 'createdAtMs'>

/** What clients are told to trust of an instance. */
export function instanceTrust({ url, createdAtMs }: Born, keys: InstanceKeys): InstanceTrust {
  return {
    url,
    chain: keys.chain,
    rekor: spkiOf(keys.rekor),
    ct: spkiOf(keys.ct),
    tsaChain: keys.tsaChain,
    validFromSeconds: Math.floor(createdAtMs / 1000),
  }
}

/** Once, at the first start, with keys that are there already. */
export async function createTrustRepository(path: string, born: Born): Promise<void> {
  const keys = await loadKeys(path)
  const { root, targets } = await loadRootKeys(path)
  await createRootRepository({
    store: createFolderRootRepository(folder(path)),
    keys: { root, targets, online: keys.tuf },
    targets: sigstoreTargets(instanceTrust(born, keys)),
    clock: systemClock,
    lifetimes: DEFAULT_LIFETIMES,
  })
}

/** Throws `rootrepo.missing`, `rootrepo.damaged`, `rootrepo.key`, each with the path. */
export async function openTrustRepository(
  path: string,
  onlineKey: KeyObject,
  ports: { readonly clock: Clock; readonly log: Log },
): Promise<RootRepository> {
  const store = createFolderRootRepository(folder(path))
  try {
    return await openRootRepository({ store, onlineKey, lifetimes: DEFAULT_LIFETIMES, ...ports })
  } catch (error) {
    if (!(error instanceof WheelsealError) || error.message.includes(folder(path))) throw error
    throw reworded(error, { fact: `${folder(path)}/${error.message}` })
  }
}

function folder(path: string): string {
  return join(path, 'tuf')
}
