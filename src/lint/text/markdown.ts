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
  const snippets: Snippet[] = []
  let fence: Fence | undefined
  let prompts: Line[] = []
  const add = (lines: readonly Line[]): void => {
    if (lines.length > 0 && snippets.length < MAX_BLOCKS) snippets.push(snippetOfLines(file, lines))
  }
  for (const line of linesOf(file.text)) {
    const text = file.text.slice(line.from, line.to)
    const found = FENCE.exec(text)
    const mark = found?.[1] ?? ''
    if (fence !== undefined) {
      if (mark.startsWith(fence.mark)) {
        add(typedLines(file.text, fence))
        fence = undefined
      } else fence.lines.push(line)
      continue
    }
    const prompt = /^(?: {4,}|\t+)\$ /.exec(text)?.[0]
    if (prompt !== undefined) prompts.push({ from: line.from + prompt.length, to: line.to })
    else {
      add(prompts)
      prompts = []
    }
    if (mark !== '') fence = { mark, language: (found?.[2] ?? '').toLowerCase(), lines: [] }
  }
  add(fence === undefined ? prompts : typedLines(file.text, fence))
  return snippets
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
  const typed: Line[] = []
  const hasPrompts = lines.some(({ from, to }) => /^[ \t]*\$ /.test(text.slice(from, to)))
  if (!SHELLS.has(language) && !SESSIONS.has(language)) return []
  if (!hasPrompts) return SESSIONS.has(language) ? [] : lines
  let goesOn = false
  for (const { from, to } of lines) {
    const prompt = /^[ \t]*\$ /.exec(text.slice(from, to))?.[0]
    if (prompt === undefined && !goesOn) continue
    typed.push({ from: from + (prompt?.length ?? 0), to })
    goesOn = text[to - 1] === '\\'
  }
  return typed
}
