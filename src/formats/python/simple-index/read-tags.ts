/** A start tag `<a>`, `<base>` or `<meta>`. */
export interface Tag {
  readonly name: 'a' | 'base' | 'meta'
  /** Those that a simple index uses, by lower-case names; of two with one name the first counts, as in HTML. */
  readonly attributes: ReadonlyMap<string, string>
}

const NAME = /[A-Za-z][^\s/>]*/y
/** Values in either quotes or bare. Whatever else stands between two attributes is skipped, as browsers do. */
const ATTRIBUTE = /[\s/]*([^\s/>=][^\s/>=]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+)))?/y
/** A tag may have millions of others. */
const KNOWN: ReadonlySet<string> = new Set([
  'href',
  'name',
  'content',
  'data-yanked',
  'data-requires-python',
  'data-provenance',
  'data-core-metadata',
  'data-dist-info-metadata',
])
/** What is in them is text, tags included. */
const RAW: ReadonlySet<string> = new Set(['script', 'style', 'title', 'textarea', 'template', 'noscript'])

/** The tags of a page that a simple index is made of, in one pass; what is in comments and raw elements is text. */
export function* readTags(page: string): Generator<Tag> {
  let at = page.indexOf('<')
  while (at !== -1) {
    const name = matchAt(NAME, page, at + 1)?.[0].toLowerCase()
    if (page.startsWith('<!--', at)) at = after(page, '-->', at + 4)
    else if (name === undefined) at += 1
    else {
      const { attributes, end } = readAttributes(page, at + 1 + name.length)
      const isWhole = page[end - 1] === '>'
      if (isWhole && (name === 'a' || name === 'base' || name === 'meta')) yield { name, attributes }
      at = RAW.has(name) ? endOfRaw(page, name, end) : end
    }
    at = page.indexOf('<', at)
  }
}

interface Attributes {
  readonly attributes: ReadonlyMap<string, string>
  /** Behind the `>`. */
  readonly end: number
}

function readAttributes(page: string, start: number): Attributes {
  const attributes = new Map<string, string>()
  let at = start
  for (let found = matchAt(ATTRIBUTE, page, at); found !== null; found = matchAt(ATTRIBUTE, page, at)) {
    const [whole, key = '', ...values] = found
    const name = key.toLowerCase()
    const value = values.find((one) => one !== undefined) ?? ''
    if (KNOWN.has(name) && !attributes.has(name)) attributes.set(name, unescapeHtml(value))
    at += whole.length
  }
  return { attributes, end: after(page, '>', at) }
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}

/** The end of the page where `mark` does not come. */
function after(page: string, mark: string, from: number): number {
  const at = page.indexOf(mark, from)
  return at === -1 ? page.length : at + mark.length
}

function endOfRaw(page: string, name: string, from: number): number {
  const close = new RegExp(`</${name}(?=[\\s/>])`, 'gi')
  close.lastIndex = from
  return close.exec(page)?.index ?? page.length
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** Numeric references and the five names that index servers write; others stay as they are. */
function unescapeHtml(text: string): string {
  if (!text.includes('&')) return text
  return text.replaceAll(/&(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-z]{2,4});/g, (whole, reference: string) => {
    if (!reference.startsWith('#')) return NAMED[reference] ?? whole
    const point = Number(reference.slice(1).replace(/^[xX]/, '0x'))
    return point > 0 && point <= 0x10_ff_ff ? String.fromCodePoint(point).toWellFormed() : whole
  })
}
