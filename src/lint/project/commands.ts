import { invocationOf } from '../shell/program.ts'
import { readScript } from '../shell/read-script.ts'
import type { Snippet } from '../text/snippet.ts'
import type { PlacedCommand } from './project.ts'

/** The commands of a text, each with what it starts. */
export function placedCommands(
  snippet: Snippet,
  section: PlacedCommand['section'],
): { readonly commands: readonly PlacedCommand[]; readonly isCut: boolean } {
  const { commands, isCut } = readScript(snippet.text)
  return {
    commands: commands.map((command) => ({ command, invocation: invocationOf(command), snippet, section })),
    isCut,
  }
}
