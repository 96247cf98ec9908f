/**
 * What a stream can show. On a terminal: marks, colours and one line that moves. With NO_COLOR or in CI no colour and
 * nothing that moves; with TERM=dumb, in pipes and files plain words alone, and never an escape sequence.
 */
import { stripVTControlCharacters, styleText } from 'node:util'
import { printable } from '../base/index.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** A standard stream, or what stands for one in a test. */
export interface Screen {
  readonly isTTY?: boolean
  /** That of the process where it is left out. */
  readonly env?: Environment
  readonly columns?: number
  readonly rows?: number
  write(text: string): unknown
  on?(event: 'resize', listener: () => void): unknown
  off?(event: 'resize', listener: () => void): unknown
}

type Colour = 'red' | 'green' | 'yellow' | 'dim'
export type Mark = 'passed' | 'failed' | 'undecided' | 'skipped' | 'none'

/** A line that begins with a mark, where one can be shown; its text says the same in words. */
export interface Marked {
  readonly mark: Mark
  readonly text: string
}
export type Line = string | Marked

/** Where the width is not known, and of the moving line: for each row that it grows by, tmux moves one out of sight. */
const MAX_COLUMNS = 80
/** Away with all behind the cursor. tmux keeps the screen for scrolling back when that is done in its first cell. */
const ERASE_REST = '\u001b[J'
/** What is too wide is cut by the terminal itself, and not continued in a new row; then as before. */
const [NO_WRAP, WRAP] = ['\u001b[?7l', '\u001b[?7h']
const ERASE = `\r ${ERASE_REST}\r\u001b[K`
const MARKS: Readonly<Record<Mark, readonly [string, Colour]>> = {
  passed: ['✓', 'green'],
  failed: ['✗', 'red'],
  undecided: ['?', 'yellow'],
  skipped: ['–', 'dim'],
  none: [' ', 'dim'],
}

function isTerminal({ isTTY, env = process.env }: Screen): boolean {
  return isTTY === true && env['TERM'] !== 'dumb'
}

/** Whether lines may move and have colours. */
export function isLively(screen: Screen): boolean {
  const { env = process.env } = screen
  return isTerminal(screen) && !env['NO_COLOR'] && env['CI'] === undefined
}

/** Only for text that is printable already: what it adds is not. */
export function paint(colour: Colour, text: string, screen: Screen): string {
  return isLively(screen) ? styleText(colour, text, { validateStream: false }) : text
}

/** A line as the screen can show it, without the end of the line. */
export function shownLine(line: Line, screen: Screen): string {
  if (typeof line === 'string') return printable(line)
  if (!isTerminal(screen)) return printable(line.text)
  const [sign, colour] = MARKS[line.mark]
  return `${paint(colour, sign, screen)} ${printable(line.text)}`
}

/** What is left of a line of a job's log once a terminal has shown it: no colours, and what was written last. */
export function plainText(line: string): string {
  const written = stripVTControlCharacters(line)
    .split('\r')
    .findLast((part) => part !== '')
  return printable((written ?? '').replaceAll('\t', '    '))
}

/** Scripts of East Asia, and what may be drawn as a picture. */
const WIDE = /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\uffff]|[\u{10000}-\u{10ffff}]/u

/** Columns that a text takes at most: what may be drawn wide counts as two. */
export function columnsOf(text: string): number {
  return Array.from(text, (character) => (WIDE.test(character) ? 2 : 1)).reduce<number>(
    (sum, columns) => sum + columns,
    0,
  )
}

/** Cut to so many columns, with a mark where something was cut. */
export function fitted(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text
  let [cut, used] = ['', columnsOf('…')]
  for (const character of text) {
    used += columnsOf(character)
    if (used > columns) return `${cut}…`
    cut += character
  }
  return cut
}

/** A line that is drawn over and over. What is written in between must come after `erase`. */
export interface LiveLine {
  /** `lead` as it is, what follows dim; cut to the width of the terminal. */
  draw(lead: string, rest?: string): void
  erase(): void
  /** Takes the line away for good. */
  end(): void
}

/**
 * Undefined where nothing may move. The cursor waits at the start of the line, so that whatever a terminal makes of
 * the line when it becomes narrower stands behind the cursor and is erased with it.
 */
export function createLiveLine(screen: Screen): LiveLine | undefined {
  if (!isLively(screen)) return undefined
  let drawn: readonly [string, string] | undefined
  const redraw = (): void => {
    if (drawn === undefined) return
    const [lead, rest] = drawn
    // The last column is left free. The terminal may be narrower already than it has told.
    const shown = fitted(lead + rest, Math.min(screen.columns || MAX_COLUMNS, MAX_COLUMNS) - 1)
    const head = shown.slice(0, lead.length)
    const text = head + paint('dim', shown.slice(head.length), screen)
    screen.write(`\r${NO_WRAP}${text}${ERASE_REST}${WRAP}\r`)
  }
  const erase = (): void => {
    if (drawn !== undefined) screen.write(ERASE)
    drawn = undefined
  }
  screen.on?.('resize', redraw)
  return {
    draw: (lead, rest = '') => {
      drawn = [printable(lead), printable(rest)]
      redraw()
    },
    erase,
    end: () => {
      screen.off?.('resize', redraw)
      erase()
    },
  }
}
