import type { FileText } from './file-text.ts'
import { snippetOfLines, type Snippet } from './snippet.ts'

const FENCE = /^[ \t>]*(`{3,}|~{3,})[ \t]*(?:\{?\.?([\w-]*))?/
const SHELLS = new Set(['sh', 'bash', 'shell', 'zsh'])
const SESSIONS = new Set(['console', 'shell-session', 'shellsession', 'terminal', 'sh-session'])
const MAX_BLOCKS = 500

interface Line {
  readonly from: number
  readonly to: number
}

interface Fence {
  readonly mark: string
  readonly language: string
  readonly lines: Line[]
}

/** What a reader of the page would type into a shell: fenced blocks of shells, and indented lines with a `$ ` before them. */
export function shellBlocks(file: FileText): readonly Snippet[] {
  const blocks = new Blocks(file.text)
  for (const line of linesOf(file.text)) blocks.line(line)
  blocks.end()
  return blocks.found.slice(0, MAX_BLOCKS).map((lines) => snippetOfLines(file, lines))
}

class Blocks {
  readonly found: (readonly Line[])[] = []
  readonly #text: string
  #fence: Fence | undefined
  #prompts: Line[] = []

  constructor(text: string) {
    this.#text = text
  }

  line(line: Line): void {
    const text = this.#text.slice(line.from, line.to)
    const [, mark = '', language = ''] = FENCE.exec(text) ?? []
    if (this.#fence !== undefined) {
      if (mark.startsWith(this.#fence.mark)) this.end()
      else this.#fence.lines.push(line)
      return
    }
    const prompt = /^(?: {4,}|\t+)\$ /.exec(text)?.[0]
    if (prompt !== undefined) this.#prompts.push({ from: line.from + prompt.length, to: line.to })
    else this.end()
    if (mark !== '') this.#fence = { mark, language: language.toLowerCase(), lines: [] }
  }

  /** Of what is open. */
  end(): void {
    const lines = this.#fence === undefined ? this.#prompts : typedLines(this.#text, this.#fence)
    if (lines.length > 0) this.found.push(lines)
    this.#fence = undefined
    this.#prompts = []
  }
}

function* linesOf(text: string): Generator<Line> {
  for (let from = 0; from <= text.length;) {
    const end = text.indexOf('\n', from)
    const to = end < 0 ? text.length : end
    yield { from, to: to > from && text[to - 1] === '\r' ? to - 1 : to }
    if (end < 0) return
    from = end + 1
  }
}

/** Of a session what follows the prompts, and what goes on behind a backslash; of a script all. */
function typedLines(text: string, { language, lines }: Fence): readonly Line[] {
  if (!SHELLS.has(language) && !SESSIONS.has(language)) return []
  const hasPrompts = lines.some((line) => promptOf(text, line) !== undefined)
  if (hasPrompts) return promptedLines(text, lines)
  return SESSIONS.has(language) ? [] : lines
}

function promptOf(text: string, { from, to }: Line): string | undefined {
  return /^[ \t]*\$ /.exec(text.slice(from, to))?.[0]
}

function promptedLines(text: string, lines: readonly Line[]): readonly Line[] {
  const typed: Line[] = []
  let goesOn = false
  for (const line of lines) {
    const prompt = promptOf(text, line)
    if (prompt === undefined && !goesOn) continue
    typed.push({ from: line.from + (prompt?.length ?? 0), to: line.to })
    goesOn = text[line.to - 1] === '\\'
  }
  return typed
}
