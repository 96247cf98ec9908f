import type { Command } from 'commander'

export interface CommandEntry {
  readonly summary: string
  readonly load: () => Promise<{ readonly command: () => Command }>
}

/** By the names of the commands, in the order of the help. */
export type CommandTable = Readonly<Record<string, CommandEntry>>
