import type { Command, Option } from 'commander'
import type { CommandTable } from './command-table.ts'
import { initializeFlags, signBlobFlags, verifyBlobFlags, type CommandFlags } from './cosign/flag-table.ts'

/** A command as shells complete it. */
export interface CompletionNode {
  /** `/trust/export`; the program itself is ''. */
  readonly path: string
  readonly words: readonly Described[]
  readonly flags: readonly CompletionFlag[]
}

export interface Described {
  readonly name: string
  readonly summary: string
}

export interface CompletionFlag extends Described {
  /** With its hyphens. */
  readonly names: readonly string[]
  /** What follows: nothing, one of these words, or anything, for which files are offered. */
  readonly value: 'none' | 'any' | readonly string[]
}

const HELP: CompletionFlag = {
  name: 'help',
  names: ['--help'],
  summary: 'display help for command',
  value: 'none',
}

/** Every command, with those below it, from the tables that the program itself reads. */
export async function completionTree(commands: CommandTable): Promise<readonly CompletionNode[]> {
  const loaded = await Promise.all(
    Object.entries(commands).map(async ([name, { summary, load }]) => ({
      name,
      summary,
      command: (await load()).command(),
    })),
  )
  const top = loaded.map(({ name, summary }) => ({ name, summary }))
  const faces = cosignNodes()
  return [
    {
      path: '',
      words: [
        ...top,
        { name: 'cosign', summary: "cosign's commands" },
        { name: 'help', summary: 'help for a command or an error code' },
      ],
      flags: [HELP, { ...HELP, name: 'version', names: ['--version'], summary: 'output the version' }],
    },
    ...loaded.flatMap(({ name, command }) => nodesOf(command, `/${name}`)),
    { path: '/help', words: top, flags: [] },
    {
      path: '/cosign',
      words: faces.map(({ path }) => ({ name: path.slice('/cosign/'.length), summary: '' })),
      flags: [],
    },
    ...faces,
  ]
}

function nodesOf(command: Command, path: string): readonly CompletionNode[] {
  const below = command.commands.filter((one) => one.name() !== 'help')
  return [
    {
      path,
      words: below.map((one) => ({ name: one.name(), summary: one.summary() || one.description() })),
      flags: [...command.options.filter(({ hidden }) => !hidden).map((one) => flagOf(one)), HELP],
    },
    ...below.flatMap((one) => nodesOf(one, `${path}/${one.name()}`)),
  ]
}

function flagOf(option: Option): CompletionFlag {
  const names = [option.long, option.short].filter((one) => one !== undefined)
  const takes = option.required || option.optional ? (option.argChoices ?? 'any') : 'none'
  return { name: option.name(), names, summary: option.description, value: takes }
}

function cosignNodes(): readonly CompletionNode[] {
  const faces: Readonly<Record<string, CommandFlags>> = {
    'sign-blob': signBlobFlags,
    'verify-blob': verifyBlobFlags,
    initialize: initializeFlags,
  }
  return Object.entries(faces).map(([name, { flags }]) => ({
    path: `/cosign/${name}`,
    words: [],
    flags: flags.map((flag) => ({
      name: flag.name,
      names: [`--${flag.name}`],
      summary: flag.help,
      value: flag.kind === 'bool' ? 'none' : 'any',
    })),
  }))
}
