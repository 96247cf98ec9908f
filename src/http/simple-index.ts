import type { Context } from 'hono'
import type { Project } from '../access/index.ts'
import { isName, normalizeName } from '../formats/python/index.ts'
import { registryErrors, type PypiPackages } from '../registry/index.ts'
import { listsTag } from './entity-tag.ts'
import type { PageMemory } from './page-memory.ts'
import type { Bindings } from './route.ts'
import { indexJson, packageJson } from './simple-json.ts'
import type { PagePlace } from './simple-links.ts'
import { chooseMedia, type SimpleMedia } from './simple-media.ts'
import { indexPage, packagePage } from './simple-page.ts'

export interface SimpleParts {
  readonly pypi: PypiPackages
  readonly memory: PageMemory
  readonly project: Project
  readonly place: PagePlace
}

/** `…/simple`: the packages of a project. Throws `http.not-acceptable`. */
export function sendIndex(context: Context<Bindings>, parts: SimpleParts): Promise<Response> {
  const { pypi, project, place } = parts
  return sendPage(context, parts, {
    name: '',
    write: async ({ format }) => {
      const names = pypi.names(project)
      return format === 'json' ? indexJson(names) : indexPage(place, { title: project.name, names })
    },
  })
}

/**
 * `…/simple/NAME`: the files of a package, or the way to another index for a name that the project never had. Throws
 * `http.not-acceptable`, `registry.unknown-package`.
 */
export function sendPackage(context: Context<Bindings>, parts: SimpleParts): Promise<Response> {
  const { pypi, project, place } = parts
  const given = context.req.param('name') ?? ''
  if (!isName(given))
    throw registryErrors('registry.unknown-package', `${project.path} has no package with that name`)
  const name = normalizeName(given)
  return sendPage(context, parts, {
    name,
    write: async ({ format }) => {
      const shown = await pypi.shown(project, name)
      if (shown === undefined) return elsewhere(context, parts, name)
      return format === 'json' ? packageJson(place, shown) : packagePage(place, shown)
    },
  })
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
  /** Normalised; '' for the page of all packages. */
  readonly name: string
  readonly write: (media: SimpleMedia) => Promise<AsyncIterable<Uint8Array> | Response>
}

async function sendPage(
  context: Context<Bindings>,
  { pypi, memory, project, place }: SimpleParts,
  { name, write }: Page,
): Promise<Response> {
  const media = chooseMedia(context.req.header('accept'))
  // Before the rows: one that is added meanwhile makes the tag too old, and never too new.
  const tag = pageTag(await pypi.revision(project), media, name)
  if (listsTag(context.req.header('if-none-match'), tag)) return context.body(null, 304, revalidated(tag))
  const key = `${project.id} ${media.tag} ${name}${place.slash}`
  const headers = { ...revalidated(tag), ...shownAs(media) }
  const kept = memory.find(key, tag)
  if (kept !== undefined) return context.body(kept, 200, headers)
  const written = await write(media)
  if (written instanceof Response) return written
  return context.body(ReadableStream.from(memory.keep(written, { key, tag })), 200, headers)
}

/** The form of the pages. Another form needs another number: what a client keeps of this one must not pass for it. */
const PAGE_FORM = 2

/** Weak: a page that is written while a file is added has its tag from before. A tag is good for its own page only. */
function pageTag(revision: number, media: SimpleMedia, name: string): string {
  return `W/"${PAGE_FORM}.${revision}.${media.tag}.${name}"`
}

/** Kept, but asked for again each time: what was published is listed at once. */
function revalidated(tag: string): Readonly<Record<string, string>> {
  return { ETag: tag, 'Cache-Control': 'no-cache', Vary: 'Accept' }
}

/** Texts of users stand in pages, escaped; should one slip through, it still may not run. */
function shownAs({ contentType }: SimpleMedia): Readonly<Record<string, string>> {
  return {
    'Content-Type': contentType,
    'Content-Security-Policy': "default-src 'none'",
    'X-Content-Type-Options': 'nosniff',
  }
}
