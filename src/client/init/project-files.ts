import { lstat, readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describeError, utf8Decode, type Files } from '../../base/index.ts'
import { PIPELINE_PATH, PYPROJECT_PATH, VENDORED_PATH, type ProjectFacts } from '../../init/index.ts'
import { clientInitErrors } from './errors.ts'

const MAX_BYTES = 1 << 20
/** Beside hidden files: what a new repository has before there is any code. */
const BEFORE_CODE = /^(?:\.|readme|licen[cs]e|copying|changelog|contributing|code_of_conduct|security)/i

export interface ProjectFiles {
  readonly facts: ProjectFacts
  readonly texts: ReadonlyMap<string, string>
}

/** What init reads of a project: the texts that it may change, and which other files there are. */
export async function readProject(folder: string, files: Files): Promise<ProjectFiles> {
  const texts = new Map<string, string>()
  for (const path of [PYPROJECT_PATH, PIPELINE_PATH, VENDORED_PATH]) {
    const text = await textOf(path, { folder, files })
    if (text !== undefined) texts.set(path, text)
  }
  const top = await namesIn(folder)
  const below = await namesBelow(folder, top)
  const paths = new Set([...top.files, ...below])
  return {
    texts,
    facts: {
      hasFile: (path) => paths.has(path),
      hasModules: [...paths].some((path) =>
        /^(?:[^/]+\.py|(?:src\/)?[^/]+\/__init__\.py|src\/[^/]+\.py)$/.test(path),
      ),
      isEmpty: [...top.files, ...top.folders].every((name) => BEFORE_CODE.test(name)),
    },
  }
}

interface Names {
  readonly files: readonly string[]
  readonly folders: readonly string[]
}

/** More are not looked at. */
const MAX_NAMES = 2000

/** What is no folder counts as a file: a link is in the way as one is. */
async function namesIn(folder: string): Promise<Names> {
  const entries = (await readdir(folder, { withFileTypes: true }).catch(() => [])).slice(0, MAX_NAMES)
  return {
    files: entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name),
    folders: entries.filter((entry) => entry.isDirectory()).map(({ name }) => name),
  }
}

/** Two folders deep, as `src/NAME/__init__.py` is. */
async function namesBelow(folder: string, { folders }: Names): Promise<readonly string[]> {
  const paths: string[] = []
  for (const name of folders.filter((one) => !one.startsWith('.') || one === '.gitlab').slice(0, 100)) {
    const inner = await namesIn(join(folder, name))
    paths.push(...inner.files.map((file) => `${name}/${file}`))
    if (name !== 'src') continue
    for (const one of inner.folders.slice(0, 100))
      paths.push(...(await namesIn(join(folder, name, one))).files.map((file) => `${name}/${one}/${file}`))
  }
  return paths
}

async function textOf(
  path: string,
  { folder, files }: { readonly folder: string; readonly files: Files },
): Promise<string | undefined> {
  await checkPlace(folder, path)
  const bytes = await files.readIfThere(join(folder, path), MAX_BYTES, 'regular file')
  if (bytes === undefined) return undefined
  try {
    return utf8Decode(bytes)
  } catch (cause) {
    throw clientInitErrors('client.init-file', `${path}: ${describeError(cause)}`, { cause })
  }
}

/**
 * Refuses a path of the project where a link leads elsewhere, or where something else than a file stands: throws
 * `client.init-file`.
 */
export async function checkPlace(folder: string, path: string): Promise<void> {
  for (let at = path; at !== '.'; at = dirname(at)) {
    const found = await lstat(join(folder, at)).catch(() => undefined)
    if (found === undefined) continue
    if (found.isSymbolicLink()) throw clientInitErrors('client.init-file', `${at} is a symbolic link`)
    if (at === path ? !found.isFile() : !found.isDirectory())
      throw clientInitErrors('client.init-file', `${at} is not a ${at === path ? 'file' : 'folder'}`)
  }
}
