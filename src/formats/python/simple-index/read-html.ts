import { readTags, type Tag } from './read-tags.ts'
import {
  checkedFileName,
  checkedSha256,
  checkedUrl,
  Links,
  malformed,
  sha256OfFragment,
  withoutFragment,
  type IndexedFile,
  type IndexedProvenance,
  type ReadOptions,
  type SimplePage,
} from './read-page.ts'

/**
 * PEP 503 with `data-yanked`, `data-requires-python`, `data-core-metadata` (PEP 714) and `data-provenance` (PEP 740),
 * and the status of PEP 792. A file's name is the end of its link's path, as for pip; the text of the link is not read;
 * a link to a folder is none. The first `<base href>` counts. Throws `python.index-page`.
 */
export function readHtmlPage(text: string, options: ReadOptions): SimplePage {
  const { url, maxFiles } = options
  const files = new Links(options)
  const marks = new Map<string, string>()
  let base: URL | undefined
  let count = 0
  for (const tag of readTags(text)) {
    if (tag.name === 'meta') addMark(marks, tag)
    const href = tag.attributes.get('href')
    if (href === undefined) continue
    count += 1
    if (count > maxFiles) throw malformed(`it has more than ${maxFiles} links`)
    // What all links are relative to is no link of its own.
    if (tag.name === 'base') base ??= checkedUrl(href, url)
    else files.add(() => readLink(tag, href, base ?? url))
  }
  const [status, statusReason] = MARKS.map((name) => marks.get(name))
  return { format: 'html', status, statusReason, serial: undefined, files: files.files, unread: files.unread }
}

const MARKS = ['pypi:project-status', 'pypi:project-status-reason']

/** The first of a name counts. */
function addMark(marks: Map<string, string>, { attributes }: Tag): void {
  const [name = '', content] = [attributes.get('name'), attributes.get('content')]
  if (MARKS.includes(name) && content !== undefined && !marks.has(name)) marks.set(name, content)
}

/** Undefined for a link to a folder. */
function readLink(tag: Tag, href: string, page: URL): IndexedFile | undefined {
  const target = checkedUrl(href, page)
  return target.pathname.endsWith('/') ? undefined : readAnchor(tag, { target, page })
}

function readAnchor(
  { attributes }: Tag,
  { target: url, page }: { readonly target: URL; readonly page: URL },
): IndexedFile {
  const requiresPython = attributes.get('data-requires-python') ?? ''
  return {
    fileName: checkedFileName(decoded(url.pathname.split('/').at(-1) ?? '')),
    url: withoutFragment(url),
    sha256: sha256OfFragment(url),
    sizeBytes: undefined,
    uploadedAtMs: undefined,
    requiresPython: requiresPython === '' ? undefined : requiresPython,
    yanked: attributes.get('data-yanked'),
    provenance: provenanceOf(attributes.get('data-provenance'), page),
    ...metadataOf(attributes.get('data-core-metadata') ?? attributes.get('data-dist-info-metadata')),
  }
}

/** An attribute without a value says what null says in JSON. */
function provenanceOf(value: string | undefined, page: URL): IndexedProvenance {
  if (value === undefined) return { kind: 'unsaid' }
  return value === '' ? { kind: 'none' } : { kind: 'at', url: checkedUrl(value, page).href }
}

/** PEP 658: `true`, or `ALGORITHM=HEX`. */
function metadataOf(value = ''): Pick<IndexedFile, 'offersMetadata' | 'metadataSha256'> {
  const [algorithm, hex] = value.split('=')
  const sha256 = algorithm === 'sha256' ? checkedSha256(hex) : undefined
  return { offersMetadata: value === 'true' || hex !== undefined, metadataSha256: sha256 }
}

/** Once: who decodes twice reads another name (CVE-2026-13346). */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw malformed('the path of a link is not UTF-8')
  }
}
