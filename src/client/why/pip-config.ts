import { join } from 'node:path'
import { utf8Decode, type Files } from '../../base/index.ts'
import type { Environment } from '../settings/index.ts'

const MAX_BYTES = 64 << 10
const NOTHING = '/dev/null'

/**
 * The index that pip takes where neither a flag nor a variable says one, as pip's configuration files have it on Linux
 * and macOS ("Configuration", pip's documentation): the file that counts most first. What cannot be read says nothing.
 */
export async function pipIndexUrl(
  env: Environment,
  { files, home }: { readonly files: Pick<Files, 'readIfThere'>; readonly home: string },
): Promise<{ readonly value: string; readonly from: string } | undefined> {
  for (const path of configPaths(env, home)) {
    const value = indexUrlIn(await textOf(path, files))
    if (value !== undefined) return { value, from: path }
  }
  return undefined
}

function configPaths(env: Environment, home: string): readonly string[] {
  const { PIP_CONFIG_FILE: own, VIRTUAL_ENV: venv, XDG_CONFIG_HOME: xdg } = env
  if (own === NOTHING) return []
  return [
    ...(own ? [own] : []),
    ...(venv ? [join(venv, 'pip.conf')] : []),
    join(home, 'Library/Application Support/pip/pip.conf'),
    join(xdg || join(home, '.config'), 'pip/pip.conf'),
    join(home, '.pip/pip.conf'),
    '/etc/pip.conf',
    '/etc/xdg/pip/pip.conf',
  ]
}

async function textOf(path: string, files: Pick<Files, 'readIfThere'>): Promise<string> {
  try {
    const bytes = await files.readIfThere(path, MAX_BYTES, 'regular file')
    return bytes === undefined ? '' : utf8Decode(bytes)
  } catch {
    return ''
  }
}

/** For `pip install`: of two sections the one of the command counts, of two lines the last. */
function indexUrlIn(text: string): string | undefined {
  const found = new Map<string, string>()
  let section = ''
  for (const line of text.split(/\r?\n/)) {
    section = /^\[([^\]]*)\]\s*$/.exec(line)?.[1] ?? section
    const value = /^index[-_]url\s*[=:](.*)$/i.exec(line)?.[1]?.trim()
    if (value !== undefined && value !== '') found.set(section, value)
  }
  return found.get('install') ?? found.get('global')
}
