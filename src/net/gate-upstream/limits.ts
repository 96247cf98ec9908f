/** What an upstream may take of the gate: bytes, entries, time. Pages are counted as they are unpacked. */
export interface GateUpstreamLimits {
  readonly pageBytes: number
  readonly pageFiles: number
  /** Malformed links of a page that are left out, where they are not most of it; with more nothing of it is believed. */
  readonly pageUnread: number
  /** Of unpacked to received bytes, once more than `ratioFromBytes` are unpacked. */
  readonly ratio: number
  readonly ratioFromBytes: number
  readonly sealBytes: number
  readonly metadataBytes: number
  readonly headerBytes: number
  readonly urlBytes: number
  /** Characters of a text of one file: why it is yanked is cut, a file with a longer `requires-python` is left out. */
  readonly textLength: number
  readonly redirects: number
  /** With all redirects and retries. */
  readonly pageMs: number
  readonly sealMs: number
  readonly metadataMs: number
  /** Without a byte of a file. */
  readonly idleMs: number
  /** What a file must bring on average after that time; time in which nobody reads is not counted. */
  readonly fileBytesPerMs: number
  readonly retries: number
  /** No retry begins later. */
  readonly retryWithinMs: number
}

export const GATE_UPSTREAM_LIMITS: GateUpstreamLimits = {
  pageBytes: 32 << 20,
  pageFiles: 50_000,
  pageUnread: 100,
  ratio: 100,
  ratioFromBytes: 1 << 20,
  sealBytes: 1 << 20,
  metadataBytes: 1 << 20,
  headerBytes: 32 << 10,
  urlBytes: 2048,
  textLength: 1024,
  redirects: 3,
  pageMs: 20_000,
  sealMs: 5_000,
  metadataMs: 20_000,
  idleMs: 30_000,
  fileBytesPerMs: 10,
  retries: 2,
  retryWithinMs: 5_000,
}
