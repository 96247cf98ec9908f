import type { JsonValue } from '../base/index.ts'
import type { FetchedFile, FetchReport } from '../client/fetch/index.ts'
import type { Origin } from '../client/verify/index.ts'
import type { Line } from './screen.ts'
import { refusalLines, reportJson, verifiedLine } from './verify-report.ts'

export interface Fetched {
  readonly report: FetchReport
  /** Undefined where the files are not kept. */
  readonly out: string | undefined
  readonly origins: readonly Origin[]
}

/** A line for each file that is verified. */
export function fetchedLines({ report, out }: Pick<Fetched, 'report' | 'out'>): readonly Line[] {
  return report.files.map(({ outcome }) => ({
    mark: 'passed',
    text: out === undefined ? outcome.message : verifiedLine(outcome, report.placed),
  }))
}

/** Why nothing is in place: a paragraph for each file that was refused. */
export function refusedFiles({ files }: FetchReport): readonly (readonly [Line, ...Line[]])[] {
  return files.flatMap(({ outcome }) => (outcome.verified ? [] : [refusalLines(outcome)]))
}

/** What decides nothing, and somebody should know. */
export function remarks({ report: { files, placed }, out }: Fetched): readonly string[] {
  return [...files.flatMap(remarksOf), ...closing({ files, placed }, out)]
}

function closing({ files, placed }: FetchReport, out: string | undefined): readonly string[] {
  const refused = files.filter(({ outcome }) => !outcome.verified).length
  if (refused > 0)
    return [`${refused} of ${files.length} files are refused; nothing was left in ${out ?? 'any folder'}`]
  if (out === undefined) return []
  return [
    `in ${out} are ${count(files.length, 'file')} and ${count(placed.length - files.length, 'signature file')}`,
  ]
}

function count(number: number, noun: string): string {
  return number === 1 ? `1 ${noun}` : `${number} ${noun}s`
}

function remarksOf({ file, outcome: { setAside = [], notChecked = [] } }: FetchedFile): readonly string[] {
  const left = [...new Set([...setAside, ...notChecked])]
  return [
    ...(file.yanked === undefined ? [] : [yankedLine(file.fileName, file.yanked)]),
    ...(left.length === 0 ? [] : [`not used, and not kept: ${left.join(', ')}`]),
  ]
}

function yankedLine(fileName: string, reason: string): string {
  const why = reason === '' ? 'no reason is given' : reason.slice(0, 300)
  return `${fileName} is yanked: its publisher advises against it (${why})`
}

/** schemas/verify-output.schema.json with what a fetch adds. */
export function fetchJson({
  report: { files, placed },
  out,
  origins,
}: Fetched): Readonly<Record<string, JsonValue>> {
  const outcomes = files.map(({ outcome }) => outcome)
  const verdict = reportJson({ outcomes, origins, leftOut: [], saved: [] })
  return {
    ...(verdict as Readonly<Record<string, JsonValue>>),
    ...(out === undefined ? {} : { out }),
    placed: [...placed],
    yanked: files.flatMap(({ file: { fileName: file, yanked: reason } }) =>
      reason === undefined ? [] : [{ file, reason }],
    ),
  }
}
