import { setImmediate as nextTurn } from 'node:timers/promises'
import { printable, utf8 } from '../base/index.ts'
import type { ShownPackage, StoredFile } from '../registry/index.ts'
import { fileLinks, ITEMS_PER_STEP, nameHref, type FileLinks, type PagePlace } from './simple-links.ts'

/**
 * The simple index of PEP 503, written as GitLab writes it, with what PEP 592, 629, 714, 740 and 792 add. No more will
 * come: PEP 833 freezes it, and what is new is in the JSON alone. A page of whatever length is written in steps, and
 * others get their turn between two of them.
 */

/** `…/simple/NAME`. */
export function packagePage(place: PagePlace, shown: ShownPackage): AsyncGenerator<Uint8Array> {
  const { name, title, status, statusReason } = shown
  const markers = status === 'active' ? [] : [['pypi:project-status', status] as const]
  const reasons = statusReason === '' ? [] : [['pypi:project-status-reason', statusReason] as const]
  return page({ title, markers: [...markers, ...reasons] }, shown.files, (file) =>
    fileAnchor(fileLinks(place, name, file), file),
  )
}

/** `…/simple`. One link for each package, as PEP 503 has it; GitLab writes one for each version. */
export function indexPage(
  place: PagePlace,
  { title, names }: { readonly title: string; readonly names: AsyncIterable<string> },
): AsyncGenerator<Uint8Array> {
  return page({ title, markers: [] }, names, (name) =>
    anchor(name, [
      ['href', nameHref(place, name)],
      ['data-requires-python', ''],
    ]),
  )
}

type Attribute = readonly [name: string, value: string]

interface Head {
  readonly title: string
  /** Of the page, by their names. */
  readonly markers: readonly Attribute[]
}

async function* page<T>(
  { title, markers }: Head,
  items: AsyncIterable<T>,
  line: (item: T) => string,
): AsyncGenerator<Uint8Array> {
  const heading = `Links for ${escapeHtml(title)}`
  const metas = [['pypi:repository-version', '1.4'], ...markers].map(
    ([name = '', content = '']) => `    <meta name="${name}" content="${escapeHtml(content)}">\n`,
  )
  let lines = [
    `<!DOCTYPE html>\n<html>\n  <head>\n${metas.join('')}    <title>${heading}</title>\n  </head>\n  <body>\n    <h1>${heading}</h1>\n`,
  ]
  for await (const item of items) {
    lines.push(`    ${line(item)}\n`)
    if (lines.length < ITEMS_PER_STEP) continue
    yield utf8(lines.join(''))
    lines = []
    await nextTurn()
  }
  yield utf8(`${lines.join('')}  </body>\n</html>\n`)
}

function fileAnchor({ href, provenance }: FileLinks, file: StoredFile): string {
  const { fileName, sha256, requiresPython, metadata, yankedReason } = file
  const attributes: Attribute[] = [
    ['href', `${href}#sha256=${sha256}`],
    ['data-requires-python', requiresPython ?? ''],
  ]
  if (metadata !== null) attributes.push(['data-core-metadata', `sha256=${metadata.sha256}`])
  if (yankedReason !== null) attributes.push(['data-yanked', yankedReason])
  if (provenance !== undefined) attributes.push(['data-provenance', provenance])
  return anchor(fileName, attributes)
}

function anchor(text: string, attributes: readonly Attribute[]): string {
  const written = attributes.map(([name, value]) => ` ${name}="${escapeHtml(value)}"`)
  return `<a${written.join('')}>${escapeHtml(text)}</a>`
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeHtml(text: string): string {
  return printable(text).replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
}
