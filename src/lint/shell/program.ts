import type { ShellCommand, Word } from './command.ts'

/** A command as the program that it starts sees it. */
export interface Invocation {
  /** `cosign`, `pip`, `twine`: without folders, and without what only starts it. */
  readonly program: string
  readonly at: Word
  readonly args: readonly Word[]
}

/** Programs that start another one, with those of their options that take a value. */
const STARTERS: Readonly<Record<string, RegExp>> = {
  sudo: /^-(?:[ugpCD]|-user|-group)$/,
  env: /^-(?:[uSC]|-unset)$/,
  exec: /^-a$/,
  command: /^$/,
  time: /^$/,
  nohup: /^$/,
  nice: /^-n$/,
  timeout: /^-(?:[ks]|-signal|-kill-after)$/,
  retry: /^-/,
  xargs: /^-(?:[ILnPdEs]|-max-args|-max-procs|-replace)$/,
  flock: /^-(?:w|-timeout)$/,
  setpriv: /^$/,
  uvx: /^--(?:from|with)$/,
  pipx: /^--(?:spec|python)$/,
}
const MAX_STARTERS = 6
const PYTHON = /^(?:python|pypy)(?:\d+(?:\.\d+)*)?$/

/** What a command starts: behind `sudo`, `env`, `python -m` and the like. Undefined for one that only assigns. */
export function invocationOf({ words }: ShellCommand): Invocation | undefined {
  let rest = words
  for (let count = 0; count < MAX_STARTERS; count += 1) {
    const [at, ...args] = rest
    if (at === undefined) return undefined
    const name = baseName(at.text)
    const started = startedBy(name, args)
    if (started === undefined) return { program: withoutVersion(name), at, args }
    rest = started
  }
  return undefined
}

function startedBy(name: string, args: readonly Word[]): readonly Word[] | undefined {
  if (PYTHON.test(name)) return moduleOf(args)
  const withValue = Object.hasOwn(STARTERS, name) ? STARTERS[name] : undefined
  const first = args[0]?.text
  if (withValue === undefined || startsNothing(name, first)) return undefined
  const from = name === 'pipx' ? 1 : 0
  const length = args.slice(from).findIndex(({ text }, index) => {
    const isValue = index > 0 && withValue.test(args[from + index - 1]?.text ?? '')
    return !isValue && !isOfStarter(name, text)
  })
  return length < 0 ? undefined : args.slice(from + length)
}

function startsNothing(name: string, first: string | undefined): boolean {
  return (name === 'command' && first === '-v') || (name === 'pipx' && first !== 'run')
}

/** An option, a variable of `env`, the time of `timeout`. */
function isOfStarter(name: string, text: string): boolean {
  if (name === 'env' && /^\w+=/.test(text)) return true
  return text.startsWith('-') || (name === 'timeout' && /^\d/.test(text))
}

/** `python -I -m pip …` is pip. */
function moduleOf(args: readonly Word[]): readonly Word[] | undefined {
  const index = args.findIndex(({ text }) => !/^-[BEIOPSsuvqbx]+$/.test(text))
  return args[index]?.text === '-m' && args.length > index + 1 ? args.slice(index + 1) : undefined
}

function baseName(text: string): string {
  return text.slice(text.lastIndexOf('/') + 1)
}

function withoutVersion(name: string): string {
  return /^pip\d/.test(name) ? 'pip' : name
}

/** The first word that is no option: `sign-blob` of `cosign --verbose sign-blob`. */
export function subcommandOf({ args }: Invocation): string | undefined {
  return args.find(({ text }) => !text.startsWith('-'))?.text
}

/** Whether the option is there in one of its spellings, with or without a value. */
export function hasOption({ args }: Invocation, ...names: readonly string[]): boolean {
  return args.some(({ text }) => names.some((name) => text === name || text.startsWith(`${name}=`)))
}

export interface OptionValue {
  readonly text: string
  readonly word: Word
}

/** `--name VALUE` and `--name=VALUE`, each time it is there. */
export function optionValues({ args }: Invocation, ...names: readonly string[]): readonly OptionValue[] {
  const values: OptionValue[] = []
  for (const [index, word] of args.entries()) {
    const name = names.find((one) => word.text === one || word.text.startsWith(`${one}=`))
    if (name === undefined) continue
    const next = args[index + 1]
    if (word.text !== name) values.push({ text: word.text.slice(name.length + 1), word })
    else if (next !== undefined) values.push({ text: next.text, word: next })
  }
  return values
}

/** Letters of `-xyz`, for `curl -fsSL`. */
export function hasLetter({ args }: Invocation, letter: string): boolean {
  return args.some(({ text }) => /^-[A-Za-z#]+$/.test(text) && text.includes(letter))
}
