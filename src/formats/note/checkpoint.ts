import { encodeBase64 } from '../../base/index.ts'

/**
 * A head as the note states it:
 *
 *     rekor.example.com - 2605736670972794746
 *     75408393
 *     Fnnj13Uu1jdksPc4HZLapKX329dVlD5+MGNsiqBq1XM=
 */
export interface Checkpoint {
  /** Rekor v1: the log's name, ' - ', and its tree id in decimal. */
  readonly origin: string
  readonly size: number
  readonly root: Uint8Array
}

/** The text that is signed: one line each, the last one ended too. */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${encodeBase64(root)}\n`
}

/** The first four bytes of SHA-256 over the key, as Rekor v1 has it; also the start of its log id. */
export const KEY_HINT_BYTES = 4
