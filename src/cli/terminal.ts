/**
 * The rules of the terminal:
 * - the result of a command goes to standard output; talk and progress go to standard error
 * - lines of talk start with `wheelseal:`, lower case, no stop
 * - a failure is a fact, a hint, and the command that says more of its code
 * - `--json`: standard output holds exactly one JSON value; `--quiet`: no talk
 * - every line is made printable on its way out: what is shown may quote an enemy's file or certificate
 * - what a screen can show stands in screen.ts
 */
import { describeError, printable, printableJson, WheelsealError, type JsonValue } from '../base/index.ts'
import { Stopped } from './stop-signal.ts'
import { paint, plainText, shownLine, type Environment, type Line, type Screen } from './screen.ts'

export interface Terminal {
  readonly isJson: boolean
  /** Lines of the result, for people. */
  result(...lines: readonly Line[]): void
  /** The result for machines; the lines are for people. */
  output(json: JsonValue, lines: () => readonly Line[]): void
  /** A line of talk. */
  say(line: string): void
  fail(error: unknown): void
  /** A failure in lines: the fact, what else is known, the hint. Also with --quiet. */
  complain(fact: Line, ...more: readonly Line[]): void
  /** Lines for standard error as they are, also with --quiet: other programs look for their form. */
  list(...lines: readonly string[]): void
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
      if (error.code !== 'EPIPE' && stream === process.stdout) throw error
    })
}

export function createTerminal(options: TerminalOptions): Terminal {
  const isJson = options.json === true
  const { stdout, stderr } = process
  const complain = (fact: Line, ...more: readonly Line[]): void => {
    const text = typeof fact === 'string' ? fact : fact.text
    const mark = typeof fact === 'string' ? '' : shownLine({ ...fact, text: '' }, stderr)
    stderr.write(`${mark}wheelseal: ${paint('red', 'error:', stderr)} ${printable(text)}\n`)
    writeLines(stderr, more)
  }
  return {
    isJson,
    result: (...lines) => writeLines(stdout, lines),
    output: (json, lines) => (isJson ? writeJson(json) : writeLines(stdout, lines())),
    say: (line) => {
      if (options.quiet !== true) writeLines(stderr, [`wheelseal: ${line}`])
    },
    fail: (error) => {
      if (isJson) writeJson({ error: errorJson(error) })
      complain(...failureLines(error))
    },
    complain,
    list: (...lines) => writeLines(stderr, lines),
    quote: (lines) => {
      for (const line of lines) writeLines(stderr, [`  | ${plainText(line)}`])
    },
  }
}

/** The one JSON value of standard output. */
export function writeJson(json: JsonValue): void {
  process.stdout.write(`${printableJson(JSON.stringify(json))}\n`)
}

function writeLines(screen: Screen, lines: readonly Line[]): void {
  for (const line of lines) screen.write(`${shownLine(line, screen)}\n`)
}

/** With an empty line between two. */
export function inParagraphs(paragraphs: readonly (readonly string[])[]): readonly string[] {
  const lines: string[] = []
  for (const paragraph of paragraphs) lines.push(...(lines.length === 0 ? [] : ['']), ...paragraph)
  return lines
}

/** Commander's words on a wrong argument, which may be an enemy's file that a pattern of the shell brought in. */
export function printableUsage(text: string): string {
  const [, fact = '', suggestion = ''] = /^(.*?)(\n\(Did you mean .*\?\))?\n*$/s.exec(text) ?? []
  const lines = suggestion === '' ? [fact] : [fact, suggestion.slice(1)]
  return lines.map((line) => `${printable(line)}\n`).join('')
}

/** How people started this program, for lines that they copy. */
export function programName(env: Environment = process.env): string {
  return env['WHEELSEAL_PROGRAM'] ?? 'wheelseal'
}

/** Where the page of a code is read: everywhere the program is, without a network. */
export function moreLine(code: string, env?: Environment): string {
  return `more: ${programName(env)} help ${code}`
}

function failureLines(error: unknown): readonly [string, ...string[]] {
  if (!(error instanceof WheelsealError)) return [describeError(error)]
  const [fact = '', ...more] = `${error.message} [${error.code}]`.split('\n')
  return [fact, ...more, `hint: ${error.hint}`, moreLine(error.code)]
}

/** A failure for machines. */
export function errorJson(error: unknown): JsonValue {
  if (error instanceof WheelsealError) return { code: error.code, message: error.message, hint: error.hint }
  return { code: error instanceof Stopped ? 'stopped' : 'internal', message: describeError(error) }
}

export function exitCodeOf(error: unknown): 1 | 2 | Stopped['exit'] {
  return error instanceof WheelsealError || error instanceof Stopped ? error.exit : 1
}
