/** For tests only: a Rekor in memory, and entries that it takes. */
import { createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { sha256, utf8 } from '../../base/index.ts'
import type { HashedRekord } from '../../formats/sigstore/index.ts'
import { publicKeyPem } from '../../formats/x509/index.ts'
import { arrangeLog } from '../../log/arrange.ts'
import { createRekor, rekorGenesis, searchKeysOf, type Rekor, type RekorParts } from './index.ts'

export const TREE_ID = 0x1234n
export const NOW_MS = 1_900_000_000_999
const key: KeyObject = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
export const spki: Uint8Array = spkiOf(key)

export async function newRekor(changes: Partial<RekorParts> = {}): Promise<Rekor> {
  const clock = { nowMs: () => NOW_MS, sleep: async (): Promise<void> => undefined }
  const names = { key, treeId: TREE_ID, name: 'rekor.example' }
  const { log } = await arrangeLog({ clock, keysOf: searchKeysOf, genesis: { leaf: rekorGenesis(names) } })
  return createRekor({
    ...names,
    log,
    acceptsKey: () => undefined,
    ...changes,
  })
}

/** A good entry over the text; random, as ECDSA signatures are. */
export function newEntry(text = 'a file', signer: KeyObject = newSigner()): HashedRekord {
  const signature = new Uint8Array(sign('sha256', utf8(text), signer))
  return {
    algorithm: 'sha256',
    digest: sha256(utf8(text)),
    signature,
    publicKeyPem: publicKeyPem(spkiOf(signer)),
  }
}

export function newSigner(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
}

function spkiOf(privateKey: KeyObject): Uint8Array {
  return new Uint8Array(createPublicKey(privateKey).export({ type: 'spki', format: 'der' }))
}
