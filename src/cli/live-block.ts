import { printable } from '../base/index.ts'
import { fitted, isLively, paint, type Screen } from './screen.ts'

/** Where the width or height is not known. */
const [MAX_COLUMNS, ROWS] = [80, 24]
const [ERASE_LINE, ERASE_REST] = ['\u001b[K', '\u001b[J']
const [NO_WRAP, WRAP] = ['\u001b[?7l', '\u001b[?7h']
/** As of the moving line: tmux keeps the screen when it is erased in its first cell. */
const ERASE = `\r ${ERASE_REST}\r${ERASE_LINE}`

/** What is shown as it is, and what follows it, dim. */
export type BlockLine = readonly [lead: string, rest: string]

/** Lines that are drawn over and over, below what is written for good. */
export interface LiveBlock {
  draw(lines: readonly BlockLine[]): void
  /** Before something else is written; the next `draw` is below that. */
  erase(): void
  /** Takes the lines away for good. */
  end(): void
}

/**
 * Undefined where nothing may move. The cursor waits in the first cell, so that whatever a terminal makes of the lines
 * when it becomes narrower stands behind it and is erased with them. Fewer lines than the terminal has rows are shown:
 * what has scrolled away can be drawn no more.
 */
export function createLiveBlock(screen: Screen): LiveBlock | undefined {
  if (!isLively(screen)) return undefined
  let drawn: readonly BlockLine[] = []
  const shown = ([lead, rest]: BlockLine): string => {
    const text = fitted(
      printable(lead) + printable(rest),
      Math.min(screen.columns || MAX_COLUMNS, MAX_COLUMNS) - 1,
    )
    const head = text.slice(0, printable(lead).length)
    return head + paint('dim', text.slice(head.length), screen)
  }
  const redraw = (): void => {
    if (drawn.length === 0) return
    const lines = drawn.slice(0, Math.max(1, (screen.rows || ROWS) - 2))
    const up = lines.length === 1 ? '' : `\u001b[${lines.length - 1}A`
    const text = lines.map((line) => shown(line)).join(`${ERASE_LINE}\r\n`)
    screen.write(`\r${NO_WRAP}${text}${ERASE_REST}${WRAP}\r${up}`)
  }
  const erase = (): void => {
    if (drawn.length > 0) screen.write(ERASE)
    drawn = []
  }
  screen.on?.('resize', redraw)
  return {
    draw: (lines) => {
      if (lines.length === 0) return erase()
      drawn = lines
      redraw()
    },
    erase,
    end: () => {
      screen.off?.('resize', redraw)
      erase()
    },
  }
}
