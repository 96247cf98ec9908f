/** What a page of an index says of one file. All of it is an enemy's. */
export interface ListedFile {
  readonly fileName: string
  /** Absolute. */
  readonly url: string
  /** As it stands there; undefined where there is none. */
  readonly sha256: string | undefined
  readonly sizeBytes: number | undefined
  /** The reason, which may be empty; undefined where the file is not yanked (PEP 592). */
  readonly yanked: string | undefined
  /** Absolute URL of its provenance object (PEP 740). */
  readonly provenanceUrl: string | undefined
}

/** The page of one project, in whatever form it came. */
export interface Listing {
  /** PEP 792; undefined where the page says nothing. */
  readonly status: string | undefined
  readonly statusReason: string | undefined
  readonly files: readonly ListedFile[]
}
