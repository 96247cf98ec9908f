import { netErrors } from './errors.ts'
import { readTags, type Tag } from './simple-index-tags.ts'
import {
  checkedFileName,
  checkedUrl,
  MAX_FILES,
  sha256OfFragment,
  withoutFragment,
  type IndexedFile,
  type SimplePage,
} from './simple-index-page.ts'

/**
 * PEP 503 with `data-yanked`, `data-requires-python` and `data-provenance` (PEP 740), and the status of PEP 792. A file's name is the end of its link's path, as for pip; the
 * text of the link is not read; a link to a folder is none. The first `<base href>` counts. Throws `net.reply`.
 */
export function readHtmlPage(text: string, url: URL): SimplePage {
  const files: IndexedFile[] = []
  const marks = new Map<string, string>()
  let base: URL | undefined
  for (const tag of readTags(text)) {
    if (tag.name === 'meta') addMark(marks, tag)
    const href = tag.attributes.get('href')
    if (href === undefined) continue
    const target = checkedUrl(href, base ?? url)
    if (tag.name === 'base') base ??= target
    else if (!target.pathname.endsWith('/')) files.push(readAnchor(tag, { target, page: base ?? url }))
    if (files.length > MAX_FILES) throw netErrors('net.reply', `it has more than ${MAX_FILES} files`)
  }
  const status = marks.get('pypi:project-status')
  return { format: 'html', status, statusReason: marks.get('pypi:project-status-reason'), files }
}

/** Of those that mark a page; the first of a name counts. */
function addMark(marks: Map<string, string>, { attributes }: Tag): void {
  const [name, content] = [attributes.get('name'), attributes.get('content')]
  if (name?.startsWith('pypi:') === true && content !== undefined && !marks.has(name))
    marks.set(name, content)
}

function readAnchor(
  { attributes }: Tag,
  { target: url, page }: { readonly target: URL; readonly page: URL },
): IndexedFile {
  const requiresPython = attributes.get('data-requires-python') ?? ''
  const provenance = attributes.get('data-provenance') ?? ''
  return {
    fileName: checkedFileName(decoded(url.pathname.split('/').at(-1) ?? '')),
    url: withoutFragment(url),
    sha256: sha256OfFragment(url),
    sizeBytes: undefined,
    uploadTime: undefined,
    requiresPython: requiresPython === '' ? undefined : requiresPython,
    yanked: attributes.get('data-yanked'),
    provenanceUrl: provenance === '' ? undefined : checkedUrl(provenance, page).href,
  }
}

/** Once: who decodes twice reads another name (CVE-2026-13346). */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw netErrors('net.reply', 'the path of a link is not UTF-8')
  }
}
