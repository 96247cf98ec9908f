/** How long a document is valid from when it is signed. */
export interface Lifetimes {
  readonly rootSeconds: number
  readonly targetsSeconds: number
  readonly snapshotSeconds: number
  readonly timestampSeconds: number
}

const DAY_SECONDS = 86_400

/**
 * Root and targets last as long as the root certificate, since nothing signs them anew by itself. The timestamp's life is
 * how long cosign 2 works without asking, and how long a client can be held back on an old state.
 */
export const DEFAULT_LIFETIMES: Lifetimes = {
  rootSeconds: 3652 * DAY_SECONDS,
  targetsSeconds: 3652 * DAY_SECONDS,
  snapshotSeconds: 365 * DAY_SECONDS,
  timestampSeconds: 7 * DAY_SECONDS,
}
