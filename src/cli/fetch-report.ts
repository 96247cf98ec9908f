import type { JsonValue } from '../base/index.ts'
import type { FetchedFile, FetchReport } from '../client/fetch/index.ts'
import type { Origin } from '../client/verify/index.ts'
import type { Line } from './screen.ts'
import { refusalLines, reportJson, verifiedLine } from './verify-report.ts'

export interface Fetched {
  readonly report: FetchReport
  readonly out: string
  readonly origins: readonly Origin[]
}

/** What is in place, a line for each file. */
export function fetchedLines({ report }: Pick<Fetched, 'report'>): readonly Line[] {
  return report.files.map(({ outcome }) => ({ mark: 'passed', text: verifiedLine(outcome, report.placed) }))
}

/** Why nothing is in place: a paragraph for each file that was refused. */
export function refusedFiles({ files }: FetchReport): readonly (readonly [Line, ...Line[]])[] {
  return files.flatMap(({ outcome }) => (outcome.verified ? [] : [refusalLines(outcome)]))
}

/** What decides nothing, and somebody should know. */
export function remarks({ report: { files, placed }, out }: Fetched): readonly string[] {
  const refused = files.filter(({ outcome }) => !outcome.verified).length
  const end =
    refused > 0
      ? `${refused} of ${files.length} files are refused; nothing was left in ${out}`
      : placedLine(placed, out)
  return [...files.flatMap(remarksOf), end]
}

function placedLine(placed: readonly string[], out: string): string {
  return `in ${out}: ${placed.join(', ')}`
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
export function fetchJson({ report: { files, placed }, out, origins }: Fetched): JsonValue {
  const outcomes = files.map(({ outcome }) => outcome)
  const verdict = reportJson({ outcomes, origins, leftOut: [], saved: [] })
  return {
    ...(verdict as Readonly<Record<string, JsonValue>>),
    out,
    placed: [...placed],
    yanked: files.flatMap(({ file: { fileName: file, yanked: reason } }) =>
      reason === undefined ? [] : [{ file, reason }],
    ),
  }
}
