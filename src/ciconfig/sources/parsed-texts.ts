import type { SourceMap } from '../nodes.ts'
import { createReport, type Report } from '../report.ts'

export interface Parsing {
  /** All that the tree and its positions are made of. */
  readonly key: string
  /** Is told what is wrong, each time. */
  readonly report: Report
  readonly parse: (report: Report) => SourceMap | undefined
}

export type ParsedTexts = (parsing: Parsing) => SourceMap | undefined

/** For one plan, which reads each text about once. */
export const parsedEachTime: ParsedTexts = ({ report, parse }) => parse(report)

/** For several plans of the same files: a text is parsed once, and no step changes a tree. */
export function createParsedTexts(): ParsedTexts {
  const known = new Map<string, { readonly root: SourceMap | undefined; readonly said: Report }>()
  return ({ key, report, parse }) => {
    const said = createReport()
    const parsed = known.get(key) ?? { root: parse(said), said }
    known.set(key, parsed)
    for (const { code, message, ...at } of parsed.said.problems) report.problem(at, code, message)
    for (const { code, message, ...at } of parsed.said.warnings) report.warning(at, code, message)
    return parsed.root
  }
}
