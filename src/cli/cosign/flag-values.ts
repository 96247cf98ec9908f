import { ALIASES, isInsecure, type CommandFlags, type Flag } from './flag-table.ts'
import { cosignErrors } from './errors.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export interface Arguments {
  /** By long name; text as it stands. Missing where neither flag nor variable gives it. */
  readonly texts: ReadonlyMap<string, string>
  /** By long name; those alone that are given. */
  readonly switches: ReadonlyMap<string, boolean>
  /** What is no flag: files. */
  readonly operands: readonly string[]
  readonly asksForHelp: boolean
}

/** Go's strconv.ParseBool. */
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...['1', 't', 'T', 'TRUE', 'true', 'True'].map((text) => [text, true] as const),
  ...['0', 'f', 'F', 'FALSE', 'false', 'False'].map((text) => [text, false] as const),
])

/**
 * What cosign makes of its arguments before it reads them (cmd/cosign/main.go): `-output` is `--output` and `--y` is
 * `-y`, also where the word is a value.
 */
export function withPosixDashes(argv: readonly string[]): readonly string[] {
  return argv.map((word) => {
    if (/^--[^]$/.test(word)) return word.slice(1)
    return /^-[^-][^]/.test(word) ? `-${word}` : word
  })
}

/** The value of a flag. An empty one is a missing one: an unset variable of a script must not become an expectation. */
export function textOf({ texts }: Arguments, name: string): string | undefined {
  return texts.get(name) || undefined
}

/**
 * As cosign reads its arguments (pflag): flags and files in any order, `--flag value` and `--flag=value`, the last one
 * of a flag counts, `--` ends flags. A flag that is not given is read from `COSIGN_<FLAG>`. Throws `cosign.…-flag`,
 * `cosign.usage`; no error shows a value, which may be a token.
 */
export function parseArguments(argv: readonly string[], table: CommandFlags, env: Environment): Arguments {
  const given = readFlags(argv, table)
  const values = new Map([...variables(table, env), ...given.values])
  const flagsOf = (kind: Flag['kind']): readonly Flag[] => table.flags.filter((flag) => flag.kind === kind)
  const texts = flagsOf('text').flatMap(({ name }) => {
    const value = values.get(name)
    return value === undefined ? [] : [[name, value] as const]
  })
  const switches = flagsOf('bool').flatMap(({ name }) => {
    const value = BOOLEANS.get(values.get(name) ?? '')
    return value === undefined ? [] : [[name, value] as const]
  })
  return {
    texts: new Map(texts),
    switches: new Map(switches),
    operands: given.operands,
    asksForHelp: given.asksForHelp,
  }
}

interface Given {
  readonly values: ReadonlyMap<string, string>
  readonly operands: readonly string[]
  readonly asksForHelp: boolean
}

function readFlags(argv: readonly string[], table: CommandFlags): Given {
  const values = new Map<string, string>()
  const operands: string[] = []
  const rest = [...argv]
  let asksForHelp = false
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') return { values, operands: [...operands, ...rest], asksForHelp }
    if (word === '--help' || word === '-h') asksForHelp = true
    else if (!word.startsWith('-') || word === '-') operands.push(word)
    else readFlag(word, rest, { table, values })
  }
  return { values, operands, asksForHelp }
}

interface Reading {
  readonly table: CommandFlags
  readonly values: Map<string, string>
}

function readFlag(word: string, rest: string[], { table, values }: Reading): void {
  const [spelled = '', ...assigned] = word.split('=')
  const flag = findFlag(spelled, table)
  const value = assigned.length > 0 ? assigned.join('=') : undefined
  if (flag.kind === 'bool') {
    values.set(flag.name, readBoolean(flag, value ?? 'true'))
    return
  }
  const next = value ?? rest.shift()
  if (next === undefined) throw cosignErrors('cosign.usage', `flag needs an argument: ${spelled}`)
  checkForgottenValue(flag, value, next)
  values.set(flag.name, next)
}

function findFlag(spelled: string, table: CommandFlags): Flag {
  const long = spelled.startsWith('--') ? spelled.slice(2) : undefined
  const name = long === undefined ? undefined : (ALIASES.get(long) ?? long)
  const flag = table.flags.find(({ name: one, short }) => one === name || `-${short}` === spelled)
  if (flag !== undefined) return flag
  throw refusedFlag(name, spelled, table)
}

function refusedFlag(name: string | undefined, spelled: string, { unsupported }: CommandFlags): Error {
  if (name === undefined) return cosignErrors('cosign.unknown-flag', `unknown shorthand flag: ${spelled}`)
  if (isInsecure(name))
    return cosignErrors('cosign.insecure-flag', `${spelled} turns off a check and is not supported`)
  if (unsupported.includes(name))
    return cosignErrors(
      'cosign.unsupported-flag',
      `wheelseal cosign does not support the cosign flag ${spelled}`,
    )
  return cosignErrors('cosign.unknown-flag', `unknown flag: ${spelled}`)
}

function readBoolean(flag: Flag, text: string): string {
  if (BOOLEANS.has(text)) return text
  throw cosignErrors(
    'cosign.usage',
    `invalid argument ${JSON.stringify(text)} for --${flag.name}: true or false`,
  )
}

/** In a script, `--identity-token $SIGSTORE_ID_TOKEN` without a token makes the next flag its value. */
function checkForgottenValue(flag: Flag, assigned: string | undefined, value: string): void {
  if (assigned !== undefined || !value.startsWith('--')) return
  throw cosignErrors(
    'cosign.usage',
    `flag needs an argument: --${flag.name} is followed by ${value.split('=')[0]}`,
    {
      hint: 'the shell variable of the value is probably empty; a job gets SIGSTORE_ID_TOKEN with id_tokens: { SIGSTORE_ID_TOKEN: { aud: sigstore } }',
    },
  )
}

/** Empty variables do not count, and a switch that is neither true nor false is not set: both as cosign has it. */
function variables({ flags, unsupported }: CommandFlags, env: Environment): ReadonlyMap<string, string> {
  const valueOf = (name: string): string | undefined => env[variableOf(name)] || undefined
  for (const name of unsupported) {
    if (valueOf(name) === undefined) continue
    const code = isInsecure(name) ? 'cosign.insecure-flag' : 'cosign.unsupported-flag'
    throw cosignErrors(code, `${variableOf(name)} is set, but wheelseal cosign does not support its flag`)
  }
  const found = flags.map(({ name }) => [name, valueOf(name)] as const)
  return new Map(found.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])))
}

function variableOf(name: string): string {
  return `COSIGN_${name.replaceAll('-', '_').toUpperCase()}`
}
