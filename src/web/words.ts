import type { FileSeals, StoredFile } from '../registry/index.ts'

/** Of one file, in a few words; `tone` is how the page shows them. */
export interface Words {
  readonly text: string
  readonly tone: 'good' | 'bad' | 'wait' | 'soft'
  /** Why, or who. */
  readonly more: string
}

const UNITS = ['KiB', 'MiB', 'GiB', 'TiB']

/** `1.5 MiB`. */
export function sizeWords(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`
  const power = Math.min(Math.floor(Math.log2(bytes) / 10), UNITS.length)
  return `${(bytes / 1024 ** power).toFixed(1)} ${UNITS[power - 1] ?? ''}`
}

/** What hinders an installer, if anything does; `rule` is that of the project. */
export function stateWords(file: StoredFile, rule: FileSeals['rule']): readonly Words[] {
  const { quarantinedReason, yankedReason, isListed } = file
  const words: Words[] = []
  if (quarantinedReason !== null)
    words.push({ text: 'quarantined: cannot be downloaded', tone: 'bad', more: quarantinedReason })
  if (yankedReason !== null)
    words.push({ text: 'yanked: installers skip this version', tone: 'wait', more: yankedReason })
  if (!isListed)
    words.push({ text: 'not listed by the index', tone: 'wait', more: `the publish rule is ${rule}` })
  return words
}

/** The verdict of the registry. */
export function sealWords({ outcome, message, seals }: FileSeals): Words {
  const signer = seals.find((seal) => seal.outcome === 'verified')?.report?.signer
  const who = signer === undefined ? message : `signed by ${signer.identity}`
  return { ...VERDICTS[outcome], more: outcome === 'none' ? '' : who }
}

const VERDICTS: Readonly<Record<FileSeals['outcome'], Omit<Words, 'more'>>> = {
  verified: { text: 'verified', tone: 'good' },
  refused: { text: 'refused', tone: 'bad' },
  undecided: { text: 'undecided, which counts as not verified', tone: 'wait' },
  'not judged': { text: 'not verified yet', tone: 'wait' },
  none: { text: 'no signature', tone: 'soft' },
}
