import { setImmediate as nextTurn } from 'node:timers/promises'
import { printable, utf8 } from '../base/index.ts'
import type { StoredFile } from '../registry/index.ts'

/**
 * The simple index of PEP 503, written as GitLab writes it, but with relative links: they hold by every name that the
 * host has, and behind a proxy that serves it below a path. A page of whatever length is written in steps, and others
 * get their turn between two of them.
 */

/** `slash` is what ends the path of the page, which is '/' or nothing: links are relative to it. */
export interface PagePlace {
  readonly title: string
  readonly slash: string
}

/** `…/simple/NAME`. */
export function packagePage(
  { title, slash }: PagePlace,
  files: AsyncIterable<StoredFile>,
): AsyncGenerator<Uint8Array> {
  const up = slash === '' ? '../' : '../../'
  return page(title, files, ({ fileName, sha256, requiresPython }) => ({
    href: `${up}files/${sha256}/${encodeURIComponent(fileName)}#sha256=${sha256}`,
    requiresPython: requiresPython ?? '',
    text: fileName,
  }))
}

/** `…/simple`. One link for each package, as PEP 503 has it; GitLab writes one for each version. */
export function indexPage(
  { title, slash }: PagePlace,
  names: AsyncIterable<string>,
): AsyncGenerator<Uint8Array> {
  const down = slash === '' ? 'simple/' : ''
  return page(title, names, (name) => ({ href: `${down}${name}/`, requiresPython: '', text: name }))
}

interface Link {
  readonly href: string
  readonly requiresPython: string
  readonly text: string
}

const LINKS_PER_STEP = 500

async function* page<T>(
  title: string,
  items: AsyncIterable<T>,
  link: (item: T) => Link,
): AsyncGenerator<Uint8Array> {
  const heading = `Links for ${escapeHtml(title)}`
  let lines = [
    `<!DOCTYPE html>\n<html>\n  <head><title>${heading}</title></head>\n  <body>\n    <h1>${heading}</h1>\n`,
  ]
  for await (const item of items) {
    lines.push(`    ${anchor(link(item))}\n`)
    if (lines.length < LINKS_PER_STEP) continue
    yield utf8(lines.join(''))
    lines = []
    await nextTurn()
  }
  yield utf8(`${lines.join('')}  </body>\n</html>\n`)
}

function anchor({ href, requiresPython, text }: Link): string {
  return `<a href="${escapeHtml(href)}" data-requires-python="${escapeHtml(requiresPython)}">${escapeHtml(text)}</a>`
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
