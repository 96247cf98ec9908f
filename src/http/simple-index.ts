import type { Context } from 'hono'
import type { Project } from '../access/index.ts'
import { isName, normalizeName } from '../formats/python/index.ts'
import {
  writeNamesHtml,
  writeNamesJson,
  writePackageHtml,
  writePackageJson,
  type NameListing,
} from '../formats/python/simple-index/index.ts'
import { registryErrors, type PypiPackages, type ShownPackage } from '../registry/index.ts'
import { listsTag } from './entity-tag.ts'
import type { PageMemory } from './page-memory.ts'
import type { Bindings } from './route.ts'
import { nameLinks, packageListing, type PagePlace } from './simple-links.ts'
import { chooseMedia, type SimpleMedia } from './simple-media.ts'

export interface SimpleParts {
  readonly pypi: PypiPackages
  readonly memory: PageMemory
  readonly project: Project
  readonly place: PagePlace
}

/** `…/simple`: the packages of a project. Throws `http.not-acceptable`. */
export async function sendIndex(context: Context<Bindings>, parts: SimpleParts): Promise<Response> {
  const { pypi, project, place } = parts
  const media = chooseMedia(context.req.header('accept'))
  return sendPage(context, {
    ...(await keyed(parts)),
    name: '',
    media,
    write: async () =>
      writeNames(media, { title: project.name, names: nameLinks(place, pypi.names(project)) }),
  })
}

/** Read before the rows: one that is added meanwhile makes the tag too old, and never too new. */
async function keyed({ pypi, memory, project, place }: SimpleParts) {
  return { memory, key: `${project.id}${place.slash}`, revision: String(await pypi.revision(project)) }
}

/**
 * `…/simple/NAME`: the files of a package, or the way to another index for a name that the project never had. Throws
 * `http.not-acceptable`, `registry.unknown-package`.
 */
export async function sendPackage(context: Context<Bindings>, parts: SimpleParts): Promise<Response> {
  const { pypi, project, place } = parts
  const name = askedName(context, project.path)
  const media = chooseMedia(context.req.header('accept'))
  return sendPage(context, {
    ...(await keyed(parts)),
    name,
    media,
    write: async () => {
      const shown = await pypi.shown(project, name)
      if (shown === undefined) return elsewhere(context, parts, name)
      return writePackage(place, media, shown)
    },
  })
}

export function writePackage(
  place: PagePlace,
  { format }: SimpleMedia,
  shown: ShownPackage,
): AsyncIterable<Uint8Array> {
  const listing = packageListing(place, shown)
  return format === 'json' ? writePackageJson(listing) : writePackageHtml(listing)
}

export function writeNames({ format }: SimpleMedia, listing: NameListing): AsyncIterable<Uint8Array> {
  return format === 'json' ? writeNamesJson(listing) : writeNamesHtml(listing)
}

/** Normalised. `where` is the path of the project or group, for the sentence. Throws `registry.unknown-package`. */
export function askedName(context: Context<Bindings>, where: string): string {
  const given = context.req.param('name') ?? ''
  if (isName(given)) return normalizeName(given)
  throw registryErrors('registry.unknown-package', `${where} has no package with that name`)
}

async function elsewhere(
  context: Context<Bindings>,
  { pypi, project }: SimpleParts,
  name: string,
): Promise<Response> {
  const url = await pypi.forwardedUrl(project, name)
  if (url !== undefined) return context.redirect(url, 302)
  throw registryErrors('registry.unknown-package', `${project.path} has no package ${name}`)
}

interface Page {
  readonly memory: PageMemory
  /** Of whom it is, what it is of and how it is asked for: those of another key are other pages. */
  readonly key: string
  /** Of all that it is made of. */
  readonly revision: string
  /** Normalised; '' for the page of all packages. */
  readonly name: string
  readonly media: SimpleMedia
  readonly write: () => Promise<AsyncIterable<Uint8Array> | Response>
}

/** From memory where it is kept, and nothing at all where the client has it. */
export async function sendPage(context: Context<Bindings>, page: Page): Promise<Response> {
  const { memory, media, name } = page
  const tag = `W/"${PAGE_FORM}.${page.revision}.${media.tag}.${name}"`
  if (listsTag(context.req.header('if-none-match'), tag)) return context.body(null, 304, revalidated(tag))
  const key = `${page.key} ${media.tag} ${name}`
  const headers = { ...revalidated(tag), ...shownAs(media) }
  const kept = memory.find(key, tag)
  if (kept !== undefined) return context.body(kept, 200, headers)
  const written = await page.write()
  if (written instanceof Response) return written
  return context.body(ReadableStream.from(memory.keep(written, { key, tag })), 200, headers)
}

/**
 * The form of the pages. Another form needs another number: what a client keeps of this one must not pass for it. The
 * tags are weak: a page that is written while a file is added has its tag from before. A tag is good for its own page
 * only.
 */
const PAGE_FORM = 2

/** Kept, but asked for again each time: what was published is listed at once. */
function revalidated(tag: string): Readonly<Record<string, string>> {
  return { ETag: tag, 'Cache-Control': 'no-cache', Vary: 'Accept' }
}

/** Texts of users stand in pages, escaped; should one slip through, it still may not run. */
export function shownAs({ contentType }: SimpleMedia): Readonly<Record<string, string>> {
  return {
    'Content-Type': contentType,
    'Content-Security-Policy': "default-src 'none'",
    'X-Content-Type-Options': 'nosniff',
  }
}
