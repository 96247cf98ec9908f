/**
 * The rules of the terminal:
 * - the result of a command goes to standard output; talk and progress go to standard error
 * - lines of talk start with `wheelseal:`, lower case, no stop; a failure is a fact line and a hint line
 * - `--json`: standard output holds exactly one JSON value; `--quiet`: no talk
 * - every line is made printable on its way out: what is shown may quote an enemy's file or certificate
 * - colour and moving lines only on a terminal, and never with NO_COLOR or in CI
 */
import { stripVTControlCharacters, styleText } from 'node:util'
import { describeError, printable, printableJson, WheelsealError, type JsonValue } from '../base/index.ts'

export interface Terminal {
  readonly isJson: boolean
  /** Lines of the result, for people. */
  result(...lines: readonly string[]): void
  /** The result for machines; the lines are for people. */
  output(json: JsonValue, lines: () => readonly string[]): void
  /** A line of talk. */
  say(line: string): void
  fail(error: unknown): void
  /** A failure in lines: the fact, what else is known, the hint. Also with --quiet. */
  complain(fact: string, ...more: readonly string[]): void
  /** What a job printed: as text, whatever it does to a terminal. Also with --quiet. */
  quote(lines: readonly string[]): void
}

export interface TerminalOptions {
  readonly json?: boolean
  readonly quiet?: boolean
}

/** Whoever reads may stop before the end, as head does. What was decided, and the exit code, stay as they are. */
export function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
}

export function createTerminal(options: TerminalOptions): Terminal {
  const isJson = options.json === true
  const complain = (fact: string, ...more: readonly string[]): void => {
    const start = `wheelseal: ${paint('red', 'error:')}`
    process.stderr.write(`${start} ${[fact, ...more].map((line) => `${printable(line)}\n`).join('')}`)
  }
  return {
    isJson,
    result: (...lines) => writeLines(process.stdout, lines),
    output: (json, lines) => {
      if (isJson) writeJson(json)
      else writeLines(process.stdout, lines())
    },
    say: (line) => {
      if (options.quiet !== true) writeLines(process.stderr, [`wheelseal: ${line}`])
    },
    fail: (error) => {
      if (isJson) writeJson({ error: jsonOf(error) })
      complain(...failureLines(error))
    },
    complain,
    quote: (lines) =>
      writeLines(
        process.stderr,
        lines.map((line) => `  | ${plainText(line)}`),
      ),
  }
}

/** Commander's words on a wrong argument, which may be an enemy's file that a pattern of the shell brought in. */
export function printableUsage(text: string): string {
  const [, fact = '', suggestion = ''] = /^(.*?)(\n\(Did you mean .*\?\))?\n*$/s.exec(text) ?? []
  const lines = suggestion === '' ? [fact] : [fact, suggestion.slice(1)]
  return lines.map((line) => `${printable(line)}\n`).join('')
}

/** With an empty line between two. */
export function inParagraphs(paragraphs: readonly (readonly string[])[]): readonly string[] {
  const lines: string[] = []
  for (const paragraph of paragraphs) lines.push(...(lines.length === 0 ? [] : ['']), ...paragraph)
  return lines
}

/** The one JSON value of standard output. */
export function writeJson(json: JsonValue): void {
  process.stdout.write(`${printableJson(JSON.stringify(json))}\n`)
}

/** What is left of a line of a job's log once a terminal has shown it: no colours, and what was written last. */
export function plainText(line: string): string {
  const written = stripVTControlCharacters(line)
    .split('\r')
    .findLast((part) => part !== '')
  return printable((written ?? '').replaceAll('\t', '    '))
}

function writeLines(stream: NodeJS.WriteStream, lines: readonly string[]): void {
  for (const line of lines) stream.write(`${printable(line)}\n`)
}

function failureLines(error: unknown): readonly [string, ...string[]] {
  if (!(error instanceof WheelsealError)) return [describeError(error)]
  const [fact = '', ...more] = `${error.message} [${error.code}]`.split('\n')
  return [fact, ...more, `hint: ${error.hint}`]
}

function jsonOf(error: unknown): JsonValue {
  if (error instanceof WheelsealError) return { code: error.code, message: error.message, hint: error.hint }
  return { code: 'internal', message: describeError(error) }
}

export function exitCodeOf(error: unknown): 1 | 2 {
  return error instanceof WheelsealError ? error.exit : 1
}

type Colour = 'red' | 'green' | 'yellow' | 'bold' | 'dim'

/** Plain where standard error is no terminal, and with NO_COLOR. */
export function paint(colour: Colour, text: string): string {
  return styleText(colour, text, { stream: process.stderr })
}
