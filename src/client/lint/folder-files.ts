import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { utf8Decode, type Files } from '../../base/index.ts'
import { isFile } from '../plan/git-sources.ts'
import type { PathAndText } from '../../lint/index.ts'

const MAX_BYTES = 1 << 20
const MAX_PAGES = 300
const MAX_TOTAL_LENGTH = 8 << 20
const MAX_FOLDERS = 300

export interface FolderFiles {
  readonly pyproject: PathAndText | undefined
  readonly pages: readonly PathAndText[]
  readonly policies: readonly PathAndText[]
  /** What was too large, or one too many, to be read. */
  readonly unread: readonly string[]
}

/** The files that a project is linted by, besides its pipeline. Links are not followed. */
export async function folderFiles(folder: string, files: Files): Promise<FolderFiles> {
  const top = (await readdir(folder, { withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
  const reader = new Reader(folder, files)
  const [pyproject] = top.includes('pyproject.toml') ? await reader.all(['pyproject.toml']) : []
  const readmes = top.filter((name) => /^readme(?:\.(?:md|markdown))?$/i.test(name)).toSorted()
  const [settings] = top.includes('wheelseal.toml') ? await reader.all(['wheelseal.toml']) : []
  const named = [
    ...configuredPolicy(settings?.text),
    ...configuredPolicy(pyproject?.text, '[tool.wheelseal]'),
  ]
  const found = top.filter((name) => /policy[\w.-]*\.toml$/i.test(name)).toSorted()
  const policies = await reader.all([...new Set([...found, ...named])])
  const pages = await reader.all([...readmes, ...(await pagesBelow(folder))])
  return { pyproject, pages, policies: policies.filter(isPolicy), unread: reader.unread }
}

/** The key `policy` of the settings of clients; of a file that stays in the project. */
function configuredPolicy(text = '', table = ''): readonly string[] {
  const start = text.indexOf(table)
  const own = start < 0 ? '' : text.slice(start + table.length).split(/^\[/m, 1)[0]
  const path = /^[ \t]*policy[ \t]*=[ \t]*["']([\w./-]{1,200})["']/m.exec(own ?? '')?.[1]
  return path === undefined || path.startsWith('/') || path.split('/').includes('..') ? [] : [path]
}

function isPolicy({ text }: PathAndText): boolean {
  return /^\s*\[\[rules(?:\.any_of)?\]\]/m.test(text)
}

async function pagesBelow(folder: string): Promise<readonly string[]> {
  const paths: string[] = []
  const open = ['docs', 'doc']
  for (let count = 0; count < MAX_FOLDERS; count += 1) {
    const next = open.shift()
    if (next === undefined) break
    for (const entry of await readdir(join(folder, next), { withFileTypes: true }).catch(() => [])) {
      if (entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules')
        open.push(`${next}/${entry.name}`)
      else if (entry.isFile() && /\.(?:md|markdown)$/i.test(entry.name)) paths.push(`${next}/${entry.name}`)
    }
  }
  return paths.toSorted()
}

class Reader {
  readonly unread: string[] = []
  readonly #folder: string
  readonly #files: Files
  #count = 0
  #length = 0

  constructor(folder: string, files: Files) {
    this.#folder = folder
    this.#files = files
  }

  async all(paths: readonly string[]): Promise<readonly PathAndText[]> {
    const found: PathAndText[] = []
    for (const path of paths) {
      const text = await this.#text(path)
      if (text !== undefined) found.push({ path, text })
    }
    return found
  }

  async #text(path: string): Promise<string | undefined> {
    const place = join(this.#folder, path)
    const isTooMuch = ++this.#count > MAX_PAGES || this.#length > MAX_TOTAL_LENGTH
    const bytes =
      isTooMuch || !(await isFile(place))
        ? undefined
        : await this.#files.readIfThere(place, MAX_BYTES, 'regular file').catch(() => undefined)
    if (bytes === undefined) {
      this.unread.push(path)
      return undefined
    }
    this.#length += bytes.length
    return utf8Decode(bytes)
  }
}
