/** Lines with a label, of what a gate says of itself. */
const LABEL_WIDTH = 12

export function row(label: string, text: string): string {
  return `${label.padEnd(LABEL_WIDTH)}${text}`
}

export function rows(label: string, texts: readonly string[]): readonly string[] {
  return texts.map((text, index) => row(index === 0 ? label : '', text))
}

const MAX_COLUMN = 40

/** Two spaces between columns; what is longer than most goes out of line, and stays apart. */
export function inColumns(texts: readonly (readonly string[])[]): readonly string[] {
  const width = (at: number): number =>
    texts.reduce((most, one) => Math.max(most, Math.min(MAX_COLUMN, one[at]?.length ?? 0)), 0)
  return texts.map((one) =>
    one
      .map((text, at) => text.padEnd(width(at)))
      .join('  ')
      .trimEnd(),
  )
}

export function counted(count: number, what: string): string {
  return `${count.toLocaleString('en-US')} ${what}${count === 1 ? '' : 's'}`
}

const COLUMNS = 80

/** Sentences below each other, broken within 80 columns. */
export function sentences(label: string, texts: readonly string[]): readonly string[] {
  const columns = COLUMNS - LABEL_WIDTH
  return rows(
    label,
    texts.flatMap((text) => wrapped(text, { columns })),
  )
}

interface Wrapping {
  readonly indent?: string
  readonly columns?: number
}

/** At spaces, with two more of them before what follows; a word that is longer has a line of its own. */
export function wrapped(text: string, { indent = '', columns = COLUMNS }: Wrapping = {}): readonly string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= columns)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(last === undefined ? `${indent}${word}` : `${indent}  ${word}`)
  }
  return lines
}
