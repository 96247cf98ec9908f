import { readHtmlPage } from './read-html.ts'
import { readJsonPage } from './read-json.ts'
import type { ReadOptions, SimplePage } from './read-page.ts'

const FORMATS: ReadonlyMap<string, SimplePage['format']> = new Map([
  ['application/vnd.pypi.simple.v1+json', 'json'],
  ['application/vnd.pypi.simple.latest+json', 'json'],
  ['application/vnd.pypi.simple.v1+html', 'html'],
  ['application/vnd.pypi.simple.latest+html', 'html'],
  ['text/html', 'html'],
])

/** PEP 691; the parameters of the content type are passed over. Undefined for what is no page of a simple index. */
export function simplePageFormat(contentType: string): SimplePage['format'] | undefined {
  return FORMATS.get((contentType.split(';')[0] ?? '').trim().toLowerCase())
}

/** The page of one project. Throws `python.index-page`, `base.json`, `base.too-large`. */
export function readSimplePage(format: SimplePage['format'], text: string, options: ReadOptions): SimplePage {
  return format === 'json' ? readJsonPage(text, options) : readHtmlPage(text, options)
}
