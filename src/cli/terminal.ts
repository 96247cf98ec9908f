/**
 * The rules of the terminal:
 * - the result of a command goes to standard output; talk and progress go to standard error
 * - lines of talk start with `wheelseal:`, lower case, no stop; a failure is a fact line and a hint line
 * - `--json`: standard output holds exactly one JSON value; `--quiet`: no talk
 * - colour and moving lines only on a terminal, and never with NO_COLOR or in CI
 */
import { styleText } from 'node:util'
import { describeError, WheelsealError, type JsonValue } from '../base/index.ts'

export interface Terminal {
  readonly isJson: boolean
  /** The result, a line or several. */
  result(text: string): void
  /** The result for machines; `text` is for people. */
  output(json: JsonValue, text: () => string): void
  say(text: string): void
  fail(error: unknown): void
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
  const result = (text: string): void => {
    process.stdout.write(`${text}\n`)
  }
  return {
    isJson,
    result,
    output: (json, text) => result(isJson ? JSON.stringify(json) : text()),
    say: (text) => {
      if (options.quiet !== true) process.stderr.write(`wheelseal: ${text}\n`)
    },
    fail: (error) => {
      if (isJson) result(JSON.stringify({ error: jsonOf(error) }))
      process.stderr.write(failureText(error))
    },
  }
}

function failureText(error: unknown): string {
  const fact = `wheelseal: ${paint('red', 'error:')} ${describeError(error)}`
  if (!(error instanceof WheelsealError)) return `${fact}\n`
  return `${fact} [${error.code}]\nhint: ${error.hint}\n`
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
