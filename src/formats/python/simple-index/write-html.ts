import { printable } from '../../../base/index.ts'
import { API_VERSION, inSteps, type FileListing, type NameListing, type PackageListing } from './write.ts'

/**
 * The simple index of PEP 503, written as GitLab writes it, with what PEP 592, 629, 714, 740 and 792 add. No more will
 * come: PEP 833 freezes it, and what is new is in the JSON alone.
 */
export function writePackageHtml(listing: PackageListing): AsyncGenerator<Uint8Array> {
  const { title, status, statusReason, files } = listing
  const markers = status === 'active' ? [] : [['pypi:project-status', status] as const]
  const reasons = statusReason === '' ? [] : [['pypi:project-status-reason', statusReason] as const]
  return page({ title, markers: [...markers, ...reasons] }, files, fileAnchor)
}

/** One link for each package, as PEP 503 has it; GitLab writes one for each version. */
export function writeNamesHtml({ title, names }: NameListing): AsyncGenerator<Uint8Array> {
  return page({ title, markers: [] }, names, ({ name, href }) =>
    anchor(name, [
      ['href', href],
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

function page<T>(
  { title, markers }: Head,
  items: Iterable<T> | AsyncIterable<T>,
  line: (item: T) => string,
): AsyncGenerator<Uint8Array> {
  const heading = `Links for ${escapeHtml(title)}`
  const metas = [['pypi:repository-version', API_VERSION], ...markers].map(
    ([name = '', content = '']) => `    <meta name="${name}" content="${escapeHtml(content)}">\n`,
  )
  return inSteps(items, {
    head: `<!DOCTYPE html>\n<html>\n  <head>\n${metas.join('')}    <title>${heading}</title>\n  </head>\n  <body>\n    <h1>${heading}</h1>\n`,
    item: (item) => `    ${line(item)}\n`,
    foot: () => `  </body>\n</html>\n`,
  })
}

function fileAnchor(file: FileListing): string {
  const { href, sha256, coreMetadata, yanked, provenanceHref } = file
  const attributes: Attribute[] = [
    ['href', sha256 === undefined ? href : `${href}#sha256=${sha256}`],
    ['data-requires-python', file.requiresPython ?? ''],
  ]
  if (coreMetadata !== undefined)
    attributes.push(['data-core-metadata', coreMetadata === 'unhashed' ? 'true' : `sha256=${coreMetadata}`])
  if (yanked !== undefined) attributes.push(['data-yanked', yanked])
  if (typeof provenanceHref === 'string') attributes.push(['data-provenance', provenanceHref])
  return anchor(file.fileName, attributes)
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
