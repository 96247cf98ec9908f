import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { shellQuoted, utf8 } from '../../base/index.ts'
import { systemFiles } from '../../host/index.ts'

/** The command line of this process: which Node, which file. */
export interface Program {
  readonly node: string
  readonly script: string
}

/** A folder for PATH with a `cosign` that is our face of it. Returns the folder. */
export async function writeCosignLauncher(folder: string, { node, script }: Program): Promise<string> {
  await mkdir(folder, { recursive: true })
  const text = `#!/bin/sh\nexec ${shellQuoted(node)} ${shellQuoted(script)} cosign "$@"\n`
  await systemFiles.writeAtomic(join(folder, 'cosign'), utf8(text), 0o755)
  return folder
}
