import { realpathSync } from 'node:fs'
import { basename } from 'node:path'

/** Where an executable keeps the files that were compiled into it; nothing else can have such a path. */
const INSIDE = '/$bunfs/'

type Process = Pick<NodeJS.Process, 'argv' | 'argv0' | 'execPath'> & {
  readonly versions: Readonly<Record<string, string | undefined>>
}

/** The words that start this very program again: Node and the file of the program, or the executable alone. */
export function thisProgram({ argv: [, script = ''], execPath }: Process = process): readonly string[] {
  // The file itself and not a name of it: that may be a link that is about to be replaced.
  return script.startsWith(INSIDE) ? [execPath] : [execPath, realpathSync(script)]
}

/** The last part of the name by which it was started: `cosign` where it stands in for it. */
export function startedAs({ argv: [, script = ''], argv0 }: Process = process): string {
  return basename(script.startsWith(INSIDE) ? argv0 : script)
}

/** What runs it: `Node 24.21.0`, `Bun 1.4.5`. */
export function runtimeName({ versions: { bun, node } }: Process = process): string {
  return bun === undefined ? `Node ${node}` : `Bun ${bun}`
}
