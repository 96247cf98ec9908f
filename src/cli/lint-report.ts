import type { JsonValue } from '../base/index.ts'
import type { Finding, LintReport, Rule } from '../lint/index.ts'
import type { Line } from './screen.ts'

const MAX_ALSO = 8

/** As compilers say it, file by file. */
export function findingLines(findings: readonly Finding[]): readonly Line[] {
  return findings.flatMap((finding, index) => {
    const { file, hits, severity, rule, title, consequence, fix } = finding
    const [{ line, column, what }, ...more] = hits
    const isOtherFile = index > 0 && findings[index - 1]?.file !== file
    return [
      ...(isOtherFile ? [''] : []),
      `${file}:${line}:${column}: ${severity} ${rule}: ${title}`,
      `  ${what}`,
      ...(more.length === 0 ? [] : [`  also ${alsoOf(more)}`]),
      `  ${consequence}`,
      `  fix: ${fix}${hits.some(({ edits }) => (edits?.length ?? 0) > 0) ? ' (--fix)' : ''}`,
    ]
  })
}

function alsoOf(hits: readonly { readonly line: number; readonly column: number }[]): string {
  const shown = hits.slice(0, MAX_ALSO).map(({ line, column }) => `${line}:${column}`)
  const rest = hits.length - shown.length
  return `${shown.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`
}

export function summaryOf(findings: readonly Finding[]): string {
  if (findings.length === 0) return 'nothing found'
  const count = (severity: string): string => {
    const number = findings.filter((finding) => finding.severity === severity).length
    return number === 0 ? '' : `${number} ${severity}${number === 1 ? '' : 's'}`
  }
  return [count('error'), count('warning'), count('note')].filter((part) => part !== '').join(', ')
}

/** docs/reference/lint.md has the shape. */
export function lintJson({ findings }: LintReport): JsonValue {
  return {
    findings: findings.map(({ rule, title, severity, file, hits, consequence, fix }) => ({
      rule,
      title,
      severity,
      file,
      line: hits[0].line,
      column: hits[0].column,
      what: hits[0].what,
      consequence,
      fix,
      fixable: hits.some(({ edits }) => (edits?.length ?? 0) > 0),
      places: hits.map(({ line, column, what }) => ({ line, column, what })),
    })),
  }
}

export function explanation(rule: Rule): readonly string[] {
  const { code, severity, title, what, consequence, fix, source, traps, bad, good } = rule
  return [
    `${code} (${severity}): ${title}`,
    '',
    what,
    consequence,
    `Fix: ${fix}`,
    '',
    ...exampleLines('Found in', bad),
    ...exampleLines('Not found in', good),
    `Source: ${source.join('; ')}`,
    ...(traps.length === 0 ? [] : [`Traps: ${traps.join(', ')}`]),
  ]
}

function exampleLines(word: string, files: Rule['bad']): readonly string[] {
  const lines: string[] = []
  for (const [path, text] of Object.entries(files)) {
    lines.push(`${word} ${path}:`)
    for (const line of text.trimEnd().split('\n')) lines.push(`    ${line}`)
    lines.push('')
  }
  return lines
}
