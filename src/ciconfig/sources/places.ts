import { startOf, type Position } from '../report.ts'

/** Offsets of a text to positions in the file that it comes from. */
export class Places {
  readonly start: Position
  readonly #lines: readonly number[]
  readonly #origin: (offset: number) => number

  /** `origin` leads from the text that is parsed to the one of the file. */
  constructor(file: string, text: string, origin: (offset: number) => number = (offset) => offset) {
    this.#lines = lineStarts(text)
    this.#origin = origin
    this.start = startOf(file)
  }

  at(offset: number): Position {
    const wanted = this.#origin(offset)
    let [low, high] = [0, this.#lines.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#lines[middle] ?? 0) <= wanted) low = middle
      else high = middle - 1
    }
    return { file: this.start.file, line: low + 1, column: wanted - (this.#lines[low] ?? 0) + 1 }
  }
}

function lineStarts(text: string): readonly number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}
