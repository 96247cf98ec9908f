import { createPublicKey, sign, type KeyObject } from 'node:crypto'
import { sha256, utf8 } from '../../base/index.ts'
import { merkleTreeLeaf, sctSignedBytes, type SignedCertificateTimestamp } from '../../formats/x509/index.ts'
import type { TransparencyLog } from '../../log/index.ts'

export interface CtLog {
  addPrecertificate(entry: {
    readonly tbs: Uint8Array
    readonly issuerKeyHash: Uint8Array
  }): Promise<SignedCertificateTimestamp>
}

/** Stands at index 0, so that no certificate does. */
export const CT_GENESIS: Uint8Array = utf8('wheelseal certificate transparency log\n')

export function createCtLog({ log, key }: { readonly log: TransparencyLog; readonly key: KeyObject }): CtLog {
  const logId = sha256(createPublicKey(key).export({ type: 'spki', format: 'der' }))
  const extensions = new Uint8Array()
  return {
    addPrecertificate: async ({ tbs, issuerKeyHash }) => {
      const entryAt = (timestampMs: number) => ({ timestampMs, issuerKeyHash, tbs, extensions })
      // The leaf holds the time of its commit; the SCT promises the same time.
      const { timeMs } = await log.append((now) => merkleTreeLeaf(entryAt(now)))
      const signature = new Uint8Array(sign('sha256', sctSignedBytes(entryAt(timeMs)), key))
      return { version: 0, logId, timestampMs: timeMs, extensions, signature }
    },
  }
}
