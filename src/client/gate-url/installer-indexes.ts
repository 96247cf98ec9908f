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

/** pip's order: variable, PIP_CONFIG_FILE, the environment's file, the user's, the machine's. */
async function pipIndex(place: Place): Promise<InstallerIndex | undefined> {
  const { env, home } = place
  const config = env['XDG_CONFIG_HOME'] || join(home, '.config')
  const { VIRTUAL_ENV: virtual, PIP_CONFIG_FILE: named } = env
  const found = ofVariable(env, 'PIP_INDEX_URL')
  // With it pip reads no file at all.
  if (found !== undefined || named === '/dev/null') return found
  const paths = [
    ...(named ? [named] : []),
    ...(virtual ? [join(virtual, 'pip.conf')] : []),
    join(config, 'pip', 'pip.conf'),
    join(home, 'Library', 'Application Support', 'pip', 'pip.conf'),
    join(home, '.pip', 'pip.conf'),
    join('/etc', 'pip.conf'),
  ]
  return firstFile(paths, pipConfIndex, place)
}

async function uvIndex(place: Place): Promise<InstallerIndex | undefined> {
  const { env, home } = place
  const config = env['XDG_CONFIG_HOME'] || join(home, '.config')
  const paths = [join(config, 'uv', 'uv.toml'), join('/etc', 'uv', 'uv.toml')]
  const variable = ofVariable(env, 'UV_DEFAULT_INDEX') ?? ofVariable(env, 'UV_INDEX_URL')
  return variable ?? firstFile(paths, uvTomlIndex, place)
}

function ofVariable(env: Environment, name: string): InstallerIndex | undefined {
  // uv takes NAME=URL too.
  const value = env[name]?.trim().replace(/^[A-Za-z0-9_.-]+=/, '')
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
function pipConfIndex(text: string): string | undefined {
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

function uvTomlIndex(text: string): string | undefined {
  try {
    const table = parse(text, { maxDepth: 16 })
    const indexes = Array.isArray(table['index']) ? table['index'] : []
    const chosen = indexes.find((one) => isTable(one) && one['default'] === true)
    const url = isTable(chosen) ? chosen['url'] : table['index-url']
    return typeof url === 'string' ? url : undefined
  } catch (error) {
    if (error instanceof TomlError) return undefined
    throw error
  }
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
