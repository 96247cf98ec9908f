import { encodeBase64, utf8, type JsonValue } from '../../base/index.ts'
import { certificatePem } from '../x509/index.ts'
import type { LogEntry } from './log-entry.ts'

/** What the old bundle of cosign has: the promise of the log, and no proof. */
export interface CosignBundleParts {
  readonly signature: Uint8Array
  /** The leaf, DER. */
  readonly certificate: Uint8Array
  readonly entry: Pick<
    LogEntry,
    'body' | 'integratedTimeSeconds' | 'logId' | 'logIndex' | 'signedEntryTimestamp'
  >
}

/** `LocalSignedPayload` of cosign 2.2.3, members in its order; `parseSeals` reads it back. */
export function formatCosignBundle({ signature, certificate, entry }: CosignBundleParts): JsonValue {
  return {
    base64Signature: encodeBase64(signature),
    cert: encodeBase64(utf8(certificatePem(certificate))),
    rekorBundle: {
      SignedEntryTimestamp: encodeBase64(entry.signedEntryTimestamp),
      Payload: {
        body: encodeBase64(entry.body),
        integratedTime: entry.integratedTimeSeconds,
        logIndex: entry.logIndex,
        logID: entry.logId,
      },
    },
  }
}
