import type { Position } from '../../ciconfig/index.ts'

type Standing = Pick<FileText, 'isOwn'> & Partial<Pick<FileText, 'mayAllow'>>

/** A file that is looked at: offsets count UTF-16 units, lines and columns count from 1. */
export class FileText {
  readonly path: string
  readonly text: string
  /** It stands in the project, where it can be changed. */
  readonly isOwn: boolean
  /** Its comments may allow what a rule finds. */
  readonly mayAllow: boolean
  #starts: readonly number[] | undefined

  constructor(path: string, text: string, { isOwn, mayAllow = isOwn }: Standing) {
    this.path = path
    this.text = text
    this.isOwn = isOwn
    this.mayAllow = mayAllow
  }

  position(offset: number): Position {
    const starts = this.#lines()
    let [low, high] = [0, starts.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return { file: this.path, line: low + 1, column: offset - (starts[low] ?? 0) + 1 }
  }

  offset({ line, column }: Pick<Position, 'line' | 'column'>): number {
    const start = this.#lines()[line - 1]
    return start === undefined ? this.text.length : Math.min(start + column - 1, this.text.length)
  }

  /** Without its line break. */
  line(line: number): string {
    const starts = this.#lines()
    const start = starts[line - 1]
    return start === undefined
      ? ''
      : this.text.slice(start, starts[line] ?? this.text.length).replace(/\r?\n$/, '')
  }

  #lines(): readonly number[] {
    if (this.#starts !== undefined) return this.#starts
    const starts = [0]
    for (let at = this.text.indexOf('\n'); at >= 0; at = this.text.indexOf('\n', at + 1)) starts.push(at + 1)
    this.#starts = starts
    return starts
  }
}
