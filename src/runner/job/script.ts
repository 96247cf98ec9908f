import { rm, writeFile } from 'node:fs/promises'
import { shellQuoted } from '../../base/index.ts'

const GREEN = '\u001B[32;1m'
const RESET = '\u001B[0;m'

export type Shell = 'bash' | 'sh'

/** For one shell, readable by its owner only: a script may hold what the environment should not. */
export async function writeScript(file: string, entries: readonly string[], shell: Shell): Promise<void> {
  await rm(file, { force: true })
  await writeFile(file, scriptText(entries, shell), { mode: 0o600, flag: 'wx' })
}

/** One shell for all entries, each announced by its first line in green (gitlab-surface 4.4). */
function scriptText(entries: readonly string[], shell: Shell): string {
  const options = shell === 'bash' ? 'set -eo pipefail\nset +o noclobber' : 'set -e\nset +C'
  return `exec 2>&1\n${options}\n${entries.map(announced).join('')}`
}

function announced(entry: string): string {
  const [first = '', ...rest] = entry.trimEnd().split('\n')
  const note = rest.length > 0 ? ' # collapsed multi-line command' : ''
  return `printf '%s\\n' ${shellQuoted(`${GREEN}$ ${first}${note}${RESET}`)}\n${entry.trimEnd()}\n`
}
