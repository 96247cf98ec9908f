export type LockFormat = 'requirements' | 'pylock' | 'uv' | 'poetry' | 'pdm'

/** What a lock says, whatever its format. All of it is the word of who wrote the file. */
export interface Lock {
  readonly format: LockFormat
  readonly distributions: readonly LockedDistribution[]
  /** Where the file itself sends its installer: `--index-url`, `--extra-index-url`, `--find-links`. */
  readonly indexes: readonly { readonly option: string; readonly url: string; readonly line: number }[]
  /** Files that `-r` and `-c` name. They are not read here. */
  readonly includes: readonly { readonly option: string; readonly path: string; readonly line: number }[]
}

/** A package in one version, with the files of which an installer may choose. */
export interface LockedDistribution {
  /** Normalised; null where the file gives only a URL or a path. */
  readonly name: string | null
  /** PEP 440's normal form; null where the file gives none, or a range. */
  readonly version: string | null
  readonly source: LockedSource
  /** Empty where the file pins no bytes. */
  readonly files: readonly LockedFile[]
  /** From 1; 1 too where the place is not known. */
  readonly line: number
  /** Of `pylock.toml`; undefined where there is no such table. */
  readonly identities: readonly AttestationIdentity[] | undefined
}

export type LockedSource =
  /** From an index: its URL or path where the file names it, else what the installer is aimed at. */
  | { readonly kind: 'registry'; readonly index: string | null }
  | { readonly kind: 'url' | 'vcs'; readonly url: string }
  /** Of this machine: an archive, or a folder that is built. */
  | { readonly kind: 'path'; readonly path: string }

export interface LockedFile {
  /** The last part of URL or path where no name is given; null where only a digest is. */
  readonly fileName: string | null
  readonly url: string | null
  /** Lower-case hex. */
  readonly sha256: string | null
  /** There is a digest of another algorithm, beside that or alone. */
  readonly hasOtherDigest: boolean
}

/** `kind` and the keys of the publisher of PEP 740, as PEP 751 has them. */
export type AttestationIdentity = Readonly<Record<string, string>>

export const LOCK_LIMITS = {
  maxBytes: 16 << 20,
  maxPackages: 50_000,
  maxFiles: 500_000,
  maxTables: 1_500_000,
} as const
