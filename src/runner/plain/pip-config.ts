import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { utf8Decode, type Spawn } from '../../base/index.ts'
import type { Environment, HostEnvironment } from '../job/host-environment.ts'
import { decoded } from '../sources/remote.ts'

/** Where packages come from and how they are reached: without these, pip fails behind a company's index. */
const CARRIED: readonly string[] = [
  'index-url',
  'cert',
  'proxy',
  'trusted-host',
  'timeout',
  'default-timeout',
]
/** These would also hold for the tutorial's `pip download --index-url …` and could bring in a foreign namesake. */
const DROPPED: readonly string[] = ['extra-index-url', 'find-links']
const LINE = /^([^=]+)\.([\w-]+)=(['"])(.*)\3$/s
const ENVIRONMENT_SECTION = ':env:'
const MAX_OUTPUT_BYTES = 64 << 10

export interface PipConfig {
  readonly options: readonly { readonly section: string; readonly name: string; readonly value: string }[]
  /** Names of options that a job does not get. */
  readonly dropped: readonly string[]
  /** A dropped option stands in a file that pip would read in the job too. */
  readonly hasDroppedInFile: boolean
}

/** The host's pip configuration, read once with the host's own environment. No pip, no configuration. */
export async function readPipConfig(spawn: Spawn, python: string, host: HostEnvironment): Promise<PipConfig> {
  const chunks: Uint8Array[] = []
  let length = 0
  await spawn
    .run({
      argv: [python, '-m', 'pip', 'config', 'list'],
      env: definedOnly(host),
      onOutput: (chunk, stream) => {
        length += chunk.length
        if (stream === 'stdout' && length <= MAX_OUTPUT_BYTES) chunks.push(chunk)
      },
    })
    .catch(() => undefined)
  return parsePipConfig(decode(Buffer.concat(chunks)))
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8Decode(bytes)
  } catch {
    return ''
  }
}

function definedOnly(host: HostEnvironment): Environment {
  return Object.fromEntries(
    Object.entries(host).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}

/** Lines such as `global.cert='/etc/ssl/ca.pem'` and `:env:.index-url='https://index.example/simple'`. */
export function parsePipConfig(text: string): PipConfig {
  const entries = text.split('\n').flatMap((line) => {
    const [, section = '', name = '', , value = ''] = LINE.exec(line.trim()) ?? []
    return name === '' ? [] : [{ section, name, value: unquote(value) }]
  })
  const dropped = entries.filter(({ name }) => DROPPED.includes(name))
  return {
    options: entries.filter(({ name, value }) => CARRIED.includes(name) && value !== ''),
    dropped: [...new Set(dropped.map(({ name }) => name))],
    hasDroppedInFile: dropped.some(({ section }) => section !== ENVIRONMENT_SECTION),
  }
}

/** The escapes that Python's repr writes. */
function unquote(text: string): string {
  return text.replaceAll(/\\(n|t|r|\\|'|")/g, (_whole, letter: string) =>
    letter === 'n' ? '\n' : letter === 't' ? '\t' : letter === 'r' ? '\r' : letter,
  )
}

/**
 * Gives the configuration to one job: as its user file, which the job may change, or, where a file of the machine
 * holds a dropped option, as variables with all files switched off.
 */
export async function carryPipConfig(config: PipConfig, home: string): Promise<Environment> {
  if (config.hasDroppedInFile) return { PIP_CONFIG_FILE: '/dev/null', ...asVariables(config) }
  if (config.options.length === 0) return {}
  const folder = join(home, '.config', 'pip')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'pip.conf'), asFile(config), { mode: 0o600 })
  return {}
}

function asVariables({ options }: PipConfig): Environment {
  return Object.fromEntries(
    options.map(({ name, value }) => [
      `PIP_${name.replaceAll('-', '_').toUpperCase()}`,
      value.replaceAll('\n', ' ').trim(),
    ]),
  )
}

/** Variables win over files for pip, so they come last within a section; a repeated option is written once. */
function asFile({ options }: PipConfig): string {
  const sections = new Map<string, Map<string, string>>()
  for (const { section, name, value } of options) {
    const key = section === ENVIRONMENT_SECTION ? 'global' : section
    const lines = sections.get(key) ?? new Map<string, string>()
    if (section === ENVIRONMENT_SECTION || !lines.has(name)) lines.set(name, value)
    sections.set(key, lines)
  }
  return [...sections].map(([section, lines]) => `[${section}]\n${asLines(lines)}\n`).join('\n')
}

function asLines(options: ReadonlyMap<string, string>): string {
  return [...options]
    .map(([name, value]) => `${name} = ${value.trim().replaceAll('\n', '\n    ')}`)
    .join('\n')
}

/** Passwords in the URLs of indexes and proxies, for the masker; a name that stands alone is a token. */
export function pipSecrets({ options }: PipConfig): string[] {
  return options.flatMap(({ value }) =>
    value.split(/\s+/).flatMap((word) => {
      const url = URL.parse(word)
      const secret = url?.password || url?.username || ''
      return secret === '' ? [] : [secret, decoded(secret)]
    }),
  )
}
