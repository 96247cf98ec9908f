import type { ScalarNode } from '../../ciconfig/index.ts'
import type { FileText } from './file-text.ts'

/** A text that stands in a file, perhaps indented or quoted there. */
export interface Snippet {
  readonly file: FileText
  readonly text: string
  /** The offset in the file of a place in the text. */
  origin(index: number): number
}

/** Pieces of a file, each a line, as one text. */
export function snippetOfLines(
  file: FileText,
  lines: readonly { readonly from: number; readonly to: number }[],
): Snippet {
  const starts: number[] = []
  const parts: string[] = []
  let length = 0
  for (const { from, to } of lines) {
    const part = file.text.slice(from, to)
    starts.push(length)
    parts.push(part)
    length += part.length + 1
  }
  return {
    file,
    text: parts.join('\n'),
    origin: (index) => {
      let [low, high] = [0, starts.length - 1]
      while (low < high) {
        const middle = (low + high + 1) >> 1
        if ((starts[middle] ?? 0) <= index) low = middle
        else high = middle - 1
      }
      const line = lines[low]
      return line === undefined ? 0 : Math.min(line.from + index - (starts[low] ?? 0), line.to)
    },
  }
}

/**
 * The text of a YAML scalar. Its characters are found again in the file in their order, past indentation, quotes, folded
 * lines and escapes; a line into which inputs were put is found at its first difference.
 */
export function snippetOfScalar(file: FileText, node: ScalarNode): Snippet {
  const text = String(node.value)
  let origins: Uint32Array | undefined
  return {
    file,
    text,
    origin: (index) => {
      origins ??= align(text, { raw: file.text, start: contentStart(file, node) })
      return origins[Math.min(index, text.length)] ?? 0
    },
  }
}

/** Behind the quote, or the line of `|` or `>`. */
function contentStart(file: FileText, { at }: ScalarNode): number {
  const start = file.offset(at)
  const first = file.text[start]
  if (first === '|' || first === '>') {
    const end = file.text.indexOf('\n', start)
    return end < 0 ? file.text.length : end + 1
  }
  return first === '"' || first === "'" ? start + 1 : start
}

function align(text: string, { raw, start }: { readonly raw: string; readonly start: number }): Uint32Array {
  const origins = new Uint32Array(text.length + 1)
  let at = start
  for (let index = 0; index < text.length;) {
    const wanted = text[index] ?? ''
    if (isSpace(wanted)) {
      origins[index++] = at
      if (isSpace(raw[at] ?? '')) at += 1
      continue
    }
    at = reach(wanted, { raw, at })
    if (raw[at] === wanted) {
      origins[index++] = at++
      continue
    }
    // Something was put in: the rest of the line stands where it begins to differ.
    const stop = endOfLine(text, index)
    origins.fill(Math.min(at, raw.length), index, stop)
    index = stop
    at = endOfLine(raw, at)
  }
  origins[text.length] = Math.min(at, raw.length)
  return origins
}

/** Past blanks, and what stands before a character only in the file: a backslash, the first of two quotes. */
function reach(wanted: string, { raw, at }: { readonly raw: string; readonly at: number }): number {
  const next = pastSpace(raw, at)
  const isEscape = raw[next] !== wanted && (raw[next] === '\\' || raw[next] === "'")
  return isEscape ? pastSpace(raw, next + 1) : next
}

function pastSpace(raw: string, start: number): number {
  let at = start
  while (isSpace(raw[at] ?? '')) at += 1
  return at
}

function endOfLine(text: string, start: number): number {
  const end = text.indexOf('\n', start)
  return end < 0 ? text.length : end
}

function isSpace(character: string): boolean {
  return character === ' ' || character === '\n' || character === '\t' || character === '\r'
}
