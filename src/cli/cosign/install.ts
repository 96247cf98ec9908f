import { lstat, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { shellQuoted, utf8 } from '../../base/index.ts'
import { systemFiles } from '../../host/index.ts'
import { cosignErrors } from './errors.ts'

const MARK = '# Installed by wheelseal cosign install, which may replace this file.'
const MODE = 0o755
const MAX_LAUNCHER_BYTES = 16 << 10

/**
 * Puts a `cosign` into the folder that starts this very program, given as the words that start it; gives its path. What is there
 * already is replaced only when it was put there by this. Throws `cosign.install`, `host.file`.
 */
export async function install(folder: string, program: readonly string[]): Promise<string> {
  const path = join(folder, 'cosign')
  if (!(await isFree(path)))
    throw cosignErrors('cosign.install', `${path} already exists and was not installed by wheelseal`)
  await mkdir(folder, { recursive: true })
  const text = `#!/bin/sh\n${MARK}\nexec ${program.map(shellQuoted).join(' ')} cosign "$@"\n`
  await systemFiles.writeAtomic(path, utf8(text), MODE)
  return path
}

async function isFree(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined)
  if (found === undefined) return true
  if (!found.isFile() || found.size > MAX_LAUNCHER_BYTES) return false
  return (await readFile(path, 'utf8')).split('\n')[1] === MARK
}
