import { sign, type KeyObject } from 'node:crypto'
import { concatBytes, sha256, utf8 } from '../../base/index.ts'
import {
  merkleTreeLeaf,
  sctSignedBytes,
  type SignedCertificateTimestamp,
  spkiOf,
} from '../../formats/x509/index.ts'
import type { TransparencyLog } from '../../log/index.ts'

export interface CtLog {
  /** In the tree, durably, when it resolves. Throws `log.poisoned`. */
  addPrecertificate(entry: {
    readonly tbs: Uint8Array
    readonly issuerKeyHash: Uint8Array
  }): Promise<SignedCertificateTimestamp>
  /** The committed head, never dated before its newest leaf. */
  signedTreeHead(nowMs: number): Promise<SignedTreeHead>
}

/** RFC 6962 §3.5. */
export interface SignedTreeHead {
  readonly size: number
  readonly root: Uint8Array
  readonly timestampMs: number
  /** ECDSA, DER, over `treeHeadSignedBytes`. */
  readonly signature: Uint8Array
}

/** Stands at index 0, so that no certificate does. */
export const CT_GENESIS: Uint8Array = utf8('wheelseal certificate transparency log\n')

export function createCtLog({ log, key }: { readonly log: TransparencyLog; readonly key: KeyObject }): CtLog {
  const logId = sha256(spkiOf(key))
  const extensions = new Uint8Array()
  return {
    addPrecertificate: async ({ tbs, issuerKeyHash }) => {
      const entryAt = (timestampMs: number) => ({ timestampMs, issuerKeyHash, tbs, extensions })
      // The leaf holds the time of its commit; the SCT promises the same time.
      const { timeMs } = await log.append((now) => merkleTreeLeaf(entryAt(now)))
      const signature = new Uint8Array(sign('sha256', sctSignedBytes(entryAt(timeMs)), key))
      return { version: 0, logId, timestampMs: timeMs, extensions, signature }
    },
    signedTreeHead: async (nowMs) => {
      const { size, root } = await log.head()
      const newest = await log.leaf(size - 1)
      const head = { size, root, timestampMs: Math.max(nowMs, newest?.timeMs ?? 0) }
      return { ...head, signature: new Uint8Array(sign('sha256', treeHeadSignedBytes(head), key)) }
    },
  }
}

/** TreeHeadSignature of RFC 6962 §3.5: version 1, tree_hash, then time, size and root. */
export function treeHeadSignedBytes(head: Omit<SignedTreeHead, 'signature'>): Uint8Array {
  const [version, signatureType] = [0, 1]
  const numbers = new DataView(new ArrayBuffer(16))
  numbers.setBigUint64(0, BigInt(head.timestampMs))
  numbers.setBigUint64(8, BigInt(head.size))
  return concatBytes(new Uint8Array([version, signatureType]), new Uint8Array(numbers.buffer), head.root)
}
