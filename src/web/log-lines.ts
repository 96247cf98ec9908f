import { markup, NOTHING, type Markup } from './markup.ts'

/** Of one character of a log: a subset of what a terminal can do, and nothing that a browser would obey. */
interface Style {
  readonly colour: string
  readonly isBold: boolean
}

const PLAIN: Style = { colour: '', isBold: false }
const COLOURS = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white']
/** A time and a stream before each line, as runners write with FF_TIMESTAMPS. */
const STAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}Z \d\d[OE]\+? ?/
const SECTION = new RegExp(
  String.raw`section_(start|end):\d{1,15}:([\w.-]{1,100})(?:\[[\w=,]{0,100}\])?\r?(?:\u001B\[0K)?`,
  'g',
)
/** What terminals are told by: ECMA-48 5.4, and OSC 8.3.89. */
const CONTROL = new RegExp(
  String.raw`\u001B\[([0-9;]{0,40})([@-~])|\u001B\][^\u0007\u001B]{0,2000}(?:\u0007|\u001B\\)|\u001B[ -~]?`,
  'g',
)
const MAX_LINE = 5_000
const MAX_PIECES = 200

/**
 * The lines of a log as a page shows them: colours and bold as classes, what a carriage return wrote over left out,
 * sections as headings that one can jump to. Everything else is text, however it looks.
 */
export function logLines(text: string): Markup {
  let style = PLAIN
  const lines: Markup[] = []
  for (const raw of text.split('\n')) {
    const shown = shownLine(raw, style)
    style = shown.style
    lines.push(shown.markup)
  }
  return markup`${lines}`
}

function shownLine(raw: string, style: Style): { readonly markup: Markup; readonly style: Style } {
  const cut = raw.length > MAX_LINE ? raw.slice(0, MAX_LINE) : raw
  const begun: string[] = []
  const text = cut.replace(STAMP, '').replaceAll(SECTION, (_all, kind: string, name: string) => {
    if (kind === 'start') begun.push(name.replaceAll('_', ' '))
    return ''
  })
  const pieces = styledPieces(lastWritten(text), style)
  const hasMore = raw.length > MAX_LINE ? markup` <i>(the line goes on)</i>` : NOTHING
  const line = markup`${pieces.list}${hasMore}`
  if (begun.length === 0) return { markup: markup`${line}\n`, style: pieces.style }
  // What a runner writes behind the mark is the title of the section.
  const titles = pieces.list.length > 0 ? [...begun.slice(0, -1), line] : begun
  return { markup: markup`${titles.map(heading)}`, style: pieces.style }
}

function heading(title: string | Markup): Markup {
  return markup`<b class="section">${title}</b>\n`
}

/** What stands on a terminal after its last carriage return; one at the end of the line only ends it. */
function lastWritten(text: string): string {
  const line = (text.endsWith('\r') ? text.slice(0, -1) : text).replaceAll('\t', '    ')
  return line.slice(line.lastIndexOf('\r') + 1)
}

function styledPieces(
  text: string,
  before: Style,
): { readonly list: readonly Markup[]; readonly style: Style } {
  const list: Markup[] = []
  let [style, at] = [before, 0]
  for (const match of text.matchAll(CONTROL)) {
    if (list.length >= MAX_PIECES) break
    push(list, text.slice(at, match.index), style)
    at = match.index + match[0].length
    if (match[2] === 'm') style = changed(style, match[1] ?? '')
  }
  push(list, text.slice(at).replaceAll(CONTROL, ''), style)
  return { list, style }
}

function push(list: Markup[], text: string, { colour, isBold }: Style): void {
  if (text === '') return
  const names = [colour === '' ? '' : `c-${colour}`, isBold ? 'c-bold' : ''].filter((name) => name !== '')
  list.push(names.length === 0 ? markup`${text}` : markup`<span class="${names.join(' ')}">${text}</span>`)
}

/** Select Graphic Rendition, ECMA-48 8.3.117: bold and eight colours; of the rest nothing. */
function changed(style: Style, codes: string): Style {
  let next = style
  for (const code of codes.split(';').slice(0, 10)) {
    const number = Number(code)
    // What follows names a colour of a larger palette.
    if (number === 38 || number === 48) return next
    next = number === 0 ? PLAIN : { ...next, ...CHANGES.get(number) }
  }
  return next
}

const CHANGES: ReadonlyMap<number, Partial<Style>> = new Map([
  [1, { isBold: true }],
  [22, { isBold: false }],
  [39, { colour: '' }],
  ...COLOURS.flatMap((colour, index): [number, Partial<Style>][] => [
    [30 + index, { colour }],
    [90 + index, { colour }],
  ]),
])
