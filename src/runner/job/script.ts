import { rm, writeFile } from 'node:fs/promises'
import { shellQuoted } from '../../base/index.ts'

const GREEN = '\u001B[32;1m'
const RESET = '\u001B[0;m'
const CLEAR = '\u001B[0K'

export type Shell = 'bash' | 'sh'

export interface ScriptText {
  readonly entries: readonly string[]
  readonly shell: Shell
  /** Entries of several lines are folded sections of this name and a number, as with FF_SCRIPT_SECTIONS. */
  /** Behind so many entries the shell stops itself, until its executor lets it go on. */
  readonly pauseAfter?: number | undefined
  readonly sections?: { readonly name: string; readonly nowMs: number } | undefined
}

export function writeScript(file: string, entries: readonly string[], shell: Shell): Promise<void> {
  return writeScriptText(file, { entries, shell })
}

/** For one shell, readable by its owner only: a script may hold what the environment should not. */
export async function writeScriptText(file: string, script: ScriptText): Promise<void> {
  await rm(file, { force: true })
  await writeFile(file, scriptText(script), { mode: 0o600, flag: 'wx' })
}

/** One shell for all entries, each announced by its first line in green (gitlab-surface 4.4). */
function scriptText({ entries, shell, sections, pauseAfter }: ScriptText): string {
  const options = shell === 'bash' ? 'set -eo pipefail\nset +o noclobber' : 'set -e\nset +C'
  const commands = entries.map((entry, number) => {
    const command = entry.trim()
    if (command === '') return "printf '\\n'\n"
    return `printf '%s\\n' ${shellQuoted(announcement(command, number, sections))}\n${command}\n`
  })
  if (pauseAfter !== undefined) commands.splice(pauseAfter, 0, 'kill -s STOP "$$"\n')
  return `exec 2>&1\n${options}\n${commands.join('')}`
}

function announcement(command: string, number: number, sections: ScriptText['sections']): string {
  const [first = '', ...rest] = command.split('\n')
  if (rest.length === 0) return `${GREEN}$ ${first}${RESET}`
  if (sections === undefined) return `${GREEN}$ ${first} # collapsed multi-line command${RESET}`
  const seconds = Math.floor(sections.nowMs / 1_000)
  const name = `${sections.name}_${number}`
  const options = '[hide_duration=true,collapsed=true]'
  const start = `section_start:${seconds}:${name}${options}\r${CLEAR}`
  return `${start}${GREEN}$ ${command}${RESET}\nsection_end:${seconds}:${name}\r${CLEAR}`
}
