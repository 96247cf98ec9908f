import { join } from 'node:path'
import { parse, TomlError } from 'smol-toml'
import { utf8Decode, type Files } from '../../base/index.ts'
import type { Environment } from '../settings/index.ts'

export interface InstallerIndex {
  readonly url: string
  /** For people. */
  readonly from: string
}

interface Place {
  readonly env: Environment
  readonly home: string
  readonly files: Pick<Files, 'readIfThere'>
}

const MAX_BYTES = 256 << 10

/** The one index of pip, and the default one of uv, where anything but the tools' own default is set. */
export async function installerIndexes(place: Place): Promise<readonly InstallerIndex[]> {
  const found = [await pipIndex(place), await uvIndex(place)]
  return found.filter((one) => one !== undefined)
}

/** Indexes that pip and uv ask beside the one: whatever a gate refuses may be there. As they are written, each once. */
export async function extraIndexes(place: Place): Promise<readonly InstallerIndex[]> {
  const { env } = place
  const found = ['PIP_EXTRA_INDEX_URL', 'UV_EXTRA_INDEX_URL', 'UV_INDEX'].flatMap((name) =>
    words(env[name] ?? '').map((url) => ({ url: withoutName(url), from: name })),
  )
  for (const [paths, read] of [
    [[...environmentPaths(place), ...pipPaths(place)], pipConfExtras],
    [uvPaths(place), uvTomlExtras],
  ] as const)
    for (const path of paths) {
      const text = await textOf(path, place.files)
      if (text !== undefined) found.push(...read(text).map((url) => ({ url, from: path })))
    }
  return found
}

/** Anything that is installed there can write it: it may add an index, which is a finding, and name no gate. */
function environmentPaths({ env }: Place): readonly string[] {
  const virtual = env['VIRTUAL_ENV']
  return virtual ? [join(virtual, 'pip.conf')] : []
}

async function pipIndex(place: Place): Promise<InstallerIndex | undefined> {
  return ofVariable(place.env, 'PIP_INDEX_URL') ?? firstFile(pipPaths(place), pipConfIndex, place)
}

/** pip's order: PIP_CONFIG_FILE, the user's, the machine's; without the file of the environment. */
function pipPaths({ env, home }: Place): readonly string[] {
  const config = env['XDG_CONFIG_HOME'] || join(home, '.config')
  const { PIP_CONFIG_FILE: named } = env
  // With it pip reads no file at all.
  if (named === '/dev/null') return []
  return [
    ...(named ? [named] : []),
    join(config, 'pip', 'pip.conf'),
    join(home, 'Library', 'Application Support', 'pip', 'pip.conf'),
    join(home, '.pip', 'pip.conf'),
    join('/etc', 'pip.conf'),
  ]
}

async function uvIndex(place: Place): Promise<InstallerIndex | undefined> {
  const { env } = place
  const variable = ofVariable(env, 'UV_DEFAULT_INDEX') ?? ofVariable(env, 'UV_INDEX_URL')
  return variable ?? firstFile(uvPaths(place), uvTomlIndex, place)
}

function uvPaths({ env, home }: Place): readonly string[] {
  const config = env['XDG_CONFIG_HOME'] || join(home, '.config')
  return [join(config, 'uv', 'uv.toml'), join('/etc', 'uv', 'uv.toml')]
}

/** At most as many as anybody sets. */
const MAX_EXTRAS = 50

function words(text: string): readonly string[] {
  return text
    .split(/\s/)
    .filter((word) => word !== '')
    .slice(0, MAX_EXTRAS)
}

/** uv takes NAME=URL too. */
function withoutName(url: string): string {
  return url.replace(/^[A-Za-z0-9_.-]+=/, '')
}

function ofVariable(env: Environment, name: string): InstallerIndex | undefined {
  const value = withoutName(env[name]?.trim() ?? '')
  return value ? { url: value, from: name } : undefined
}

async function firstFile(
  paths: readonly string[],
  read: (text: string) => string | undefined,
  { files }: Place,
): Promise<InstallerIndex | undefined> {
  for (const path of paths) {
    const text = await textOf(path, files)
    const url = text === undefined ? undefined : read(text)
    if (url !== undefined) return { url, from: path }
  }
  return undefined
}

/** A file that cannot be read aims no installer. */
async function textOf(path: string, files: Place['files']): Promise<string | undefined> {
  try {
    const bytes = await files.readIfThere(path, MAX_BYTES, 'regular file')
    return bytes && utf8Decode(bytes)
  } catch {
    return undefined
  }
}

/** The form of Python's configparser, as far as one line says a value; `[install]` counts before `[global]`. */
export function pipConfIndex(text: string): string | undefined {
  const values = new Map<string, string>()
  let section = ''
  for (const line of text.split('\n')) {
    const header = /^\[([A-Za-z]{1,40})\]/.exec(line)?.[1]
    if (header !== undefined) section = header
    const value = /^index[-_]url[ \t]{0,20}[=:][ \t]{0,20}(\S{1,2048})\s*$/.exec(line)?.[1]
    if (value !== undefined) values.set(section, value)
  }
  return values.get('install') ?? values.get('global')
}

/** One or several, also on the lines that follow and are indented; of every section, since each is some command's. */
export function pipConfExtras(text: string): readonly string[] {
  const found: string[] = []
  let isExtra = false
  for (const line of text.split('\n')) {
    const value = /^extra[-_]index[-_]url[ \t]{0,20}[=:](.{0,4096})$/.exec(line.trimEnd())?.[1]
    isExtra = value !== undefined || (isExtra && /^[ \t]+\S/.test(line))
    if (isExtra) found.push(...words(value ?? line.slice(0, 4096)))
  }
  return found.slice(0, MAX_EXTRAS)
}

function uvTomlExtras(text: string): readonly string[] {
  return uvExtras(tomlOf(text))
}

/** Of `uv.toml`, or of `[tool.uv]`. */
export function uvExtras(table: Readonly<Record<string, unknown>>): readonly string[] {
  const [indexes, extras, links] = ['index', 'extra-index-url', 'find-links'].map(
    (key): readonly unknown[] => {
      const list = table[key]
      return Array.isArray(list) ? list.slice(0, MAX_EXTRAS) : []
    },
  )
  const others = (indexes ?? []).flatMap((one) =>
    isTable(one) && one['default'] !== true ? [one['url']] : [],
  )
  const found = [...others, ...(extras ?? [])].filter((url) => typeof url === 'string')
  // A folder of this machine is no index.
  return [
    ...found,
    ...(links ?? []).filter((url) => typeof url === 'string' && url.includes('://')),
  ] as string[]
}

function uvTomlIndex(text: string): string | undefined {
  const table = tomlOf(text)
  const indexes: readonly unknown[] = Array.isArray(table['index']) ? table['index'] : []
  const chosen = indexes.find((one) => isTable(one) && one['default'] === true)
  const url = isTable(chosen) ? chosen['url'] : table['index-url']
  return typeof url === 'string' ? url : undefined
}

/** Nothing of what is no TOML: it aims no installer. */
function tomlOf(text: string): Readonly<Record<string, unknown>> {
  try {
    return tomlTable(text)
  } catch (error) {
    if (error instanceof TomlError) return {}
    throw error
  }
}

/** Throws what the parser does. */
export function tomlTable(text: string): Readonly<Record<string, unknown>> {
  return parse(text, { maxDepth: 16 })
}

export function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
