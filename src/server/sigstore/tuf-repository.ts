import type { KeyObject } from 'node:crypto'
import { spkiOf } from '../../formats/x509/index.ts'
import { join } from 'node:path'
import { reworded, WheelsealError, type Clock, type Log } from '../../base/index.ts'
import type { InstanceTrust } from '../../formats/sigstore/index.ts'
import { systemClock } from '../../host/index.ts'
import { createFolderTufRepository } from '../../storage/folder/index.ts'
import {
  createTufRepository,
  DEFAULT_LIFETIMES,
  openTufRepository,
  sigstoreTargets,
  type TufRepository,
} from '../../trust/tuf/index.ts'
import type { Instance } from '../data/data-directory.ts'
import { loadKeys, loadRootKeys, type InstanceKeys } from '../keys/keys.ts'

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
export async function createInstanceTuf(path: string, born: Born): Promise<void> {
  const keys = await loadKeys(path)
  const { root, targets } = await loadRootKeys(path)
  await createTufRepository({
    store: createFolderTufRepository(folder(path)),
    keys: { root, targets, online: keys.tuf },
    targets: sigstoreTargets(instanceTrust(born, keys)),
    clock: systemClock,
    lifetimes: DEFAULT_LIFETIMES,
  })
}

/** Throws `tuf.missing`, `tuf.damaged`, `tuf.key`, each with the path. */
export async function openInstanceTuf(
  path: string,
  onlineKey: KeyObject,
  ports: { readonly clock: Clock; readonly log: Log },
): Promise<TufRepository> {
  const store = createFolderTufRepository(folder(path))
  try {
    return await openTufRepository({ store, onlineKey, lifetimes: DEFAULT_LIFETIMES, ...ports })
  } catch (error) {
    if (!(error instanceof WheelsealError) || error.message.includes(folder(path))) throw error
    throw reworded(error, { fact: `${folder(path)}/${error.message}` })
  }
}

function folder(path: string): string {
  return join(path, 'tuf')
}
