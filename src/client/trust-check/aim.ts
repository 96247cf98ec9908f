import type { Files } from '../../base/index.ts'
import type { TrustFiles } from '../../http/index.ts'
import type { Environment } from '../settings/index.ts'

export type ClientKind = 'cosign 2' | 'cosign 3' | 'sigstore-python' | 'rekor-cli'

/** What a client would find if this user started it now. Nothing of it is changed. */
export interface Place {
  readonly env: Environment
  readonly home: string
  readonly files: Files
  /** The export that the user's commands name with flags, for clients that no variable aims. */
  readonly exported: string | undefined
}

/** The instance that the clients are meant to use. */
export interface Instance {
  readonly url: string
  readonly trust: TrustFiles
}

/** One variable, file or folder that decides what a client believes or whom it asks. */
export interface Setting {
  readonly name: string
  readonly value: string | null
  /** A note is worth knowing and no fault; `missing` is one. */
  readonly state: 'right' | 'wrong' | 'missing' | 'note'
  /** What was found, as a sentence without its stop. */
  readonly why: string
  /** A line of a shell, or what to do. */
  readonly fix:
    | string
    | null /** It would change what is run, or where files are written: the runs do without it. */
  readonly isLeftOut?: true
}

/** Arguments of one call; the paths of its files are known when it is made. */
export interface Steps {
  readonly sign?: (paths: TrialPaths) => readonly string[]
  readonly verify: (paths: TrialPaths) => readonly (readonly string[])[]
  /** For a client that takes no file with the id token. */
  readonly tokenVariable?: string
  /** Variables of the user that this client must not see: `cosign.env` takes them away as well. */
  readonly without?: readonly string[]
}

export interface TrialPaths {
  /** The empty file that is signed. */
  readonly file: string
  readonly folder: string
  /** No line break at its end. */
  readonly tokenFile: string
  /** The signature that Wheelseal made itself, DER, and its certificate, PEM. */
  readonly signatureFile: string
  readonly certificateFile: string
  readonly identity: string
  readonly issuer: string
}

export interface Aim {
  readonly settings: readonly Setting[]
  /** Whom its commands would ask beside the instance: they are not run, for they would send the id token there. */
  readonly elsewhere: readonly string[]
  readonly steps: Steps
}

export const right = (name: string, value: string | null, why: string): Setting => ({
  name,
  value,
  state: 'right',
  why,
  fix: null,
})
export const note = (name: string, value: string | null, why: string): Setting => ({
  name,
  value,
  state: 'note',
  why,
  fix: null,
})
export const wrong = (name: string, value: string | null, rest: Pick<Setting, 'why' | 'fix'>): Setting => ({
  name,
  value,
  state: 'wrong',
  ...rest,
})
export const missing = (name: string, rest: Pick<Setting, 'why' | 'fix'>): Setting => ({
  name,
  value: null,
  state: 'missing',
  ...rest,
})

export function isFault({ state }: Setting): boolean {
  return state === 'wrong' || state === 'missing'
}
