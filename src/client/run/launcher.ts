import { constants } from 'node:fs'
import { access, mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { shellQuoted, utf8 } from '../../base/index.ts'
import { systemFiles } from '../../host/index.ts'
import { SPARE_SIGNING_CONFIG } from '../trust-root/export.ts'

/**
 * A folder for PATH with `wheelseal`, this very program, and a `cosign`: the first of `prependPath`, spared the variable that cosign 3 refuses, or else our
 * face of it, by the words that start this program. Returns the folder.
 */
export async function writeLaunchers(
  folder: string,
  program: readonly string[],
  prependPath: readonly string[],
): Promise<string> {
  const start = await writeLauncher(folder, program)
  const stock = await findCosign(prependPath)
  const text =
    stock === undefined
      ? `#!/bin/sh\n${start} cosign "$@"\n`
      : `#!/bin/sh\n${SPARE_SIGNING_CONFIG}\nexec ${shellQuoted(stock)} "$@"\n`
  await systemFiles.writeAtomic(join(folder, 'cosign'), utf8(text), 0o755)
  return folder
}

/** The folder with `wheelseal` alone; returns the words that start it. */
export async function writeLauncher(folder: string, program: readonly string[]): Promise<string> {
  await mkdir(folder, { recursive: true })
  const start = `exec ${program.map(shellQuoted).join(' ')}`
  await systemFiles.writeAtomic(join(folder, 'wheelseal'), utf8(`#!/bin/sh\n${start} "$@"\n`), 0o755)
  return start
}

async function findCosign(folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const path = resolve(folder, 'cosign')
    const isProgram = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (isProgram) return path
  }
  return undefined
}
