import { printable } from '../base/index.ts'
import type { StoredFile } from '../registry/index.ts'

/** Absolute URLs below the address that the instance is known by; ids, not paths, so that they survive a move. */
export function pypiUrl(externalUrl: string, projectId: number): string {
  return `${externalUrl}/api/v4/projects/${projectId}/packages/pypi`
}

/** PEP 503, written as GitLab writes it. `base` is `pypiUrl`. */
export function packagePage(base: string, files: readonly StoredFile[]): string {
  const links = files.map(({ fileName, sha256, requiresPython }) => ({
    href: `${base}/files/${sha256}/${encodeURIComponent(fileName)}#sha256=${sha256}`,
    requiresPython: requiresPython ?? '',
    text: fileName,
  }))
  return page(files[0]?.name ?? '', links)
}

/** One link for each package, as PEP 503 has it; GitLab writes one for each version. */
export function indexPage(base: string, title: string, names: readonly string[]): string {
  return page(
    title,
    names.map((name) => ({ href: `${base}/simple/${name}/`, requiresPython: '', text: name })),
  )
}

interface Link {
  readonly href: string
  readonly requiresPython: string
  readonly text: string
}

function page(title: string, links: readonly Link[]): string {
  const heading = `Links for ${escapeHtml(title)}`
  const body = [`<h1>${heading}</h1>`, ...links.map(anchor)].map((line) => `    ${line}\n`).join('')
  return `<!DOCTYPE html>\n<html>\n  <head><title>${heading}</title></head>\n  <body>\n${body}  </body>\n</html>\n`
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
