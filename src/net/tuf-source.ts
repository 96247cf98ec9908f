/** A TUF repository, and what is trusted of it before anybody is asked. */
export interface TufSource {
  /** Of the metadata; targets are below it in `targets/`. */
  readonly url: string
  /** Of the `root.json` that is trusted before the first request. */
  readonly firstRootSha256: string
  /** Itself; fetched by its digest where it is not given. */
  readonly firstRoot?: Uint8Array
  /** The target as it was when this program was built. */
  readonly seed?: Uint8Array
  /** Ask also while the kept timestamp is valid. */
  readonly isForced?: true
}

/** Without slashes at its end. */
export function repositoryUrl({ url }: Pick<TufSource, 'url'>): string {
  return url.replace(/\/+$/, '')
}
