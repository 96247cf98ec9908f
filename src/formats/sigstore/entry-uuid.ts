import { decodeHex, encodeHex } from '../../base/index.ts'

/** Rekor v1's name of an entry: the leaf hash, after the tree id in 16 hex digits where it is known. */
export interface EntryUuid {
  readonly treeId: bigint | undefined
  readonly leafHash: Uint8Array
}

const FORM = /^([0-9a-f]{16})?([0-9a-f]{64})$/
const MAX_INT64 = 2n ** 63n - 1n

/** 64 or 80 lower-case hex digits, the tree id a positive int64; undefined for anything else. */
export function parseEntryUuid(text: string): EntryUuid | undefined {
  const [, tree, leaf] = FORM.exec(text) ?? []
  if (leaf === undefined) return undefined
  const treeId = tree === undefined ? undefined : BigInt(`0x${tree}`)
  if (treeId !== undefined && (treeId === 0n || treeId > MAX_INT64)) return undefined
  return { treeId, leafHash: decodeHex(leaf) }
}

/** The form with 80 digits. */
export function formatEntryUuid(treeId: bigint, leafHash: Uint8Array): string {
  return treeId.toString(16).padStart(16, '0') + encodeHex(leafHash)
}
