import { Argument, Command } from 'commander'
import type { CommandTable } from './command-table.ts'
import { completionScript, SHELLS, type Shell } from './completion-shells.ts'
import { completionTree } from './completion-tree.ts'
import { createTerminal } from './terminal.ts'

/** The command for a table of which it is a row. */
export function completionOf(commands: CommandTable): { readonly command: () => Command } {
  return { command: () => completion(commands) }
}

function completion(commands: CommandTable): Command {
  return new Command('completion')
    .description(
      'Prints a script with which a shell completes the commands, flags and fixed values of wheelseal.',
    )
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .addHelpText(
      'after',
      `
Examples:
  source <(wheelseal completion bash)           in ~/.bashrc
  source <(wheelseal completion zsh)            in ~/.zshrc, after compinit
  wheelseal completion fish | source            in ~/.config/fish/config.fish`,
    )
    .action(async (shell: Shell) => {
      createTerminal({}).result(
        ...completionScript(shell, await completionTree(commands))
          .trimEnd()
          .split('\n'),
      )
    })
}
