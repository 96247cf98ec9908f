import type { ChosenFile, Requirement } from '../../packaging/index.ts'
import type { FileOutcome } from '../verify/index.ts'

export interface FetchedFile {
  readonly file: ChosenFile
  readonly requirement: Requirement
  readonly outcome: FileOutcome
}

export interface FetchReport {
  readonly files: readonly FetchedFile[]
  /** Names in the output folder, distributions and seals; empty where one file was refused. */
  readonly placed: readonly string[]
}
