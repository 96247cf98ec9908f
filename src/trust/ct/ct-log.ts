import { sign, type KeyObject } from 'node:crypto'
import { concatBytes, sha256, utf8 } from '../../base/index.ts'
import {
  certificateTreeLeaf,
  merkleTreeLeaf,
  precertificateOfLeaf,
  sctSignedBytes,
  spkiOf,
  type PrecertificateOfLeaf,
  type SignedCertificateTimestamp,
} from '../../formats/x509/index.ts'
import type { TransparencyLog } from '../../log/index.ts'
import { certificateExtra, precertificateExtra } from './extra-data.ts'

export interface CtSubmission extends PrecertificateOfLeaf {
  /** DER, poisoned and signed. */
  readonly precertificate: Uint8Array
  /** DER, from the issuer up to the root. */
  readonly chain: readonly Uint8Array[]
}

export interface CtLog {
  /**
   * In the tree, durably, when it resolves; the same precertificate again gets the promise that it got first, as RFC
   * 6962 §3 allows, so that nobody fills the log with one. Throws `log.poisoned`, `log.frozen`, `log.busy`.
   */
  addPrecertificate(submission: CtSubmission): Promise<SignedCertificateTimestamp>
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

/** Stands at index 0, so that no certificate of a client does: the root that certificates are logged under. */
export function ctGenesis(root: Uint8Array, nowMs: number): { leaf: Uint8Array; extra: Uint8Array } {
  return { leaf: certificateTreeLeaf(nowMs, root), extra: certificateExtra([]) }
}

/** By which a precertificate is found whenever it was submitted: `keysOf` of the log. */
export function ctKeysOf(leaf: Uint8Array): readonly Uint8Array[] {
  const precertificate = precertificateOfLeaf(leaf)
  return precertificate === undefined ? [] : [identityOf(precertificate)]
}

function identityOf({ issuerKeyHash, tbs }: PrecertificateOfLeaf): Uint8Array {
  return sha256(concatBytes(utf8('precertificate\n'), issuerKeyHash, tbs))
}

export function createCtLog({ log, key }: { readonly log: TransparencyLog; readonly key: KeyObject }): CtLog {
  const logId = sha256(spkiOf(key))
  const extensions = new Uint8Array()
  return {
    addPrecertificate: async ({ tbs, issuerKeyHash, precertificate, chain }) => {
      const entryAt = (timestampMs: number) => ({ timestampMs, issuerKeyHash, tbs, extensions })
      // The leaf holds the time of its commit; the SCT promises the same time.
      const { timeMs } = await log.append({
        leaf: (now) => merkleTreeLeaf(entryAt(now)),
        extra: precertificateExtra(precertificate, chain),
        identity: identityOf({ issuerKeyHash, tbs }),
      })
      // Step 9 of docs/design/log.md: only what is committed is promised.
      const signature = new Uint8Array(sign('sha256', sctSignedBytes(entryAt(timeMs)), key))
      return { version: 0, logId, timestampMs: timeMs, extensions, signature }
    },
    signedTreeHead: async (nowMs) => {
      const { size, root } = await log.head()
      const newest = await log.entry(size - 1)
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
