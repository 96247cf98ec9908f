import { startOf, type Position } from '../report.ts'

const NEAR = 8

/** Offsets of a text to positions in the file that it comes from. */
export class Places {
  readonly start: Position
  readonly #lines: readonly number[]
  #last = 0
  readonly #origin: (offset: number) => number

  /** `origin` leads from the text that is parsed to the one of the file. */
  constructor(file: string, text: string, origin: (offset: number) => number = (offset) => offset) {
    this.#lines = lineStarts(text)
    this.#origin = origin
    this.start = startOf(file)
  }

  at(offset: number): Position {
    const wanted = this.#origin(offset)
    // Files are read forwards: the line is mostly the last one or soon after it.
    const from = (this.#lines[this.#last] ?? 0) <= wanted ? this.#last : 0
    const isNear = wanted < (this.#lines[from + NEAR] ?? Infinity)
    let [low, high] = [from, isNear ? Math.min(from + NEAR, this.#lines.length) - 1 : this.#lines.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#lines[middle] ?? 0) <= wanted) low = middle
      else high = middle - 1
    }
    this.#last = low
    return { file: this.start.file, line: low + 1, column: wanted - (this.#lines[low] ?? 0) + 1 }
  }
}

function lineStarts(text: string): readonly number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}
