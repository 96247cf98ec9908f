import { join } from 'node:path'
import { describeError, utf8Decode, type Files } from '../../base/index.ts'
import type { Environment } from '../settings/index.ts'
import {
  isTable,
  pipConfExtras,
  pipConfIndex,
  tomlTable,
  uvExtras,
  type InstallerIndex,
} from './installer-indexes.ts'
import { requirementIndexes } from './requirement-indexes.ts'

export interface ProjectPlace {
  readonly env: Environment
  readonly folder: string
  readonly files: Pick<Files, 'readIfThere'>
  /** Names in a folder; none where there is no such folder. */
  readonly list: (folder: string) => Promise<readonly string[]>
}

export interface ProjectIndexes {
  readonly indexes: readonly InstallerIndex[]
  /** Files of which nobody knows what they name. */
  readonly unread: readonly { readonly from: string; readonly why: string }[]
}

/** Locks with digests are long. */
const MAX_BYTES = 8 << 20
const MAX_FILES = 50

/**
 * Indexes that the files of a project send its installers to: requirements and constraints, `pyproject.toml` of uv, Poetry
 * and PDM, `uv.toml`, `Pipfile`, and a `pip.conf`, which pip reads where `PIP_CONFIG_FILE` says so. As they are written.
 */
export async function projectIndexes(place: ProjectPlace): Promise<ProjectIndexes> {
  const indexes: InstallerIndex[] = []
  const unread: ProjectIndexes['unread'][number][] = []
  for (const from of await fileNames(place)) {
    try {
      const bytes = await place.files.readIfThere(join(place.folder, from), MAX_BYTES, 'regular file')
      if (bytes !== undefined) indexes.push(...indexesIn(from, utf8Decode(bytes), place.env))
    } catch (error) {
      unread.push({ from, why: describeError(error) })
    }
  }
  return { indexes, unread }
}

async function fileNames({ folder, list }: ProjectPlace): Promise<readonly string[]> {
  const isRequirements = (name: string): boolean =>
    /^(?:[\w.-]*[_-])?(?:requirements|constraints)[\w.-]*\.(?:txt|in)$/.test(name)
  const own = (await list(folder)).filter(isRequirements)
  const below = (await list(join(folder, 'requirements'))).filter((name) => /\.(?:txt|in)$/.test(name))
  const requirements = [...own, ...below.map((name) => `requirements/${name}`)].slice(0, MAX_FILES)
  return [...requirements, ...Object.keys(READERS)]
}

type Read = (text: string, env: Environment) => readonly { readonly url: string; readonly what?: string }[]

const READERS: Readonly<Record<string, Read>> = {
  'pyproject.toml': (text, env) => {
    const tool = tableAt(tomlTable(text), 'tool')
    return [
      ...named('[tool.uv]', uvIndexes(tableAt(tool, 'uv'), env)),
      ...named('[[tool.poetry.source]]', sources(tableAt(tool, 'poetry')['source'])),
      ...named('[[tool.pdm.source]]', sources(tableAt(tool, 'pdm')['source'])),
    ]
  },
  'uv.toml': (text, env) => named(undefined, uvIndexes(tomlTable(text), env)),
  Pipfile: (text) => named(undefined, sources(tomlTable(text)['source'])),
  'pip.conf': pipConf,
  'pip.ini': pipConf,
}

function pipConf(text: string): ReturnType<Read> {
  const index = pipConfIndex(text)
  return named(undefined, [...(index === undefined ? [] : [index]), ...pipConfExtras(text)])
}

function indexesIn(from: string, text: string, env: Environment): readonly InstallerIndex[] {
  const read = READERS[from]
  if (read === undefined)
    return requirementIndexes(text).map(({ url, line }) => ({ url, from: `${from} line ${line}` }))
  return read(text, env).map(({ url, what }) => ({
    url,
    from: what === undefined ? from : `${from} ${what}`,
  }))
}

function named(what: string | undefined, urls: readonly string[]): ReturnType<Read> {
  return urls.map((url) => (what === undefined ? { url } : { url, what }))
}

/** The variable counts before the default of the project; not before its other indexes. */
function uvIndexes(table: Readonly<Record<string, unknown>>, env: Environment): readonly string[] {
  const first = env['UV_DEFAULT_INDEX'] ?? env['UV_INDEX_URL'] ?? ''
  if (first !== '') return uvExtras(table)
  const indexes: readonly unknown[] = Array.isArray(table['index']) ? table['index'] : []
  const defaults = indexes.flatMap((one) => (isTable(one) && one['default'] === true ? [one['url']] : []))
  const all: readonly unknown[] = [...defaults.slice(0, MAX_SOURCES), table['index-url']]
  return [...all.filter((url) => typeof url === 'string'), ...uvExtras(table)]
}

const MAX_SOURCES = 50

/** Of Poetry, PDM and Pipenv. Poetry's word for its own index has no URL. */
function sources(list: unknown): readonly string[] {
  const all: readonly unknown[] = Array.isArray(list) ? list.slice(0, MAX_SOURCES) : []
  return all.flatMap((one) => {
    if (!isTable(one)) return []
    const { url, name } = one
    if (typeof url === 'string') return [url]
    return typeof name === 'string' ? [name] : []
  })
}

function tableAt(table: Readonly<Record<string, unknown>>, key: string): Readonly<Record<string, unknown>> {
  const value = table[key]
  return isTable(value) ? value : {}
}
