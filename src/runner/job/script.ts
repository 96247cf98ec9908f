import { constants } from 'node:fs'
import { access, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { shellQuoted, type Spawn } from '../../base/index.ts'
import { inheritedEnvironment, type Environment, type HostEnvironment } from './host-environment.ts'

const GREEN = '\u001B[32;1m'
const RESET = '\u001B[0;m'

/**
 * The shell's group is told to end when the script has: a server that a job left in the background would else hold
 * the log open until the job's timeout. `$0` onwards is the command; nothing of the job stands in the arguments.
 */
const SUPERVISOR = '"$0" "$@"; code=$?; trap "" TERM; kill -TERM 0; exit "$code"'

export type Shell = 'bash' | 'sh'

/** `sh` where this machine has no bash, as in the stock runner. */
export async function findShell(host: HostEnvironment): Promise<Shell> {
  for (const folder of (inheritedEnvironment(host)['PATH'] ?? '').split(':')) {
    const isThere = await access(join(folder, 'bash'), constants.X_OK).then(
      () => true,
      () => false,
    )
    if (isThere) return 'bash'
  }
  return 'sh'
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

export interface ScriptRun {
  readonly spawn: Spawn
  readonly shell: Shell
  readonly entries: readonly string[]
  /** Where the script is written, readable by its owner only: it may hold what the environment should not. */
  readonly file: string
  readonly cwd: string
  readonly env: Environment
  readonly signal: AbortSignal
  readonly onOutput: (chunk: Uint8Array) => void
}

/** The exit code; 128 + n where a signal ended the shell, 137 where it was killed with its group. */
export async function runScript(run: ScriptRun): Promise<number> {
  await rm(run.file, { force: true })
  await writeFile(run.file, scriptText(run.entries, run.shell), { mode: 0o600, flag: 'wx' })
  const { exitCode } = await run.spawn.run({
    argv: ['/bin/sh', '-c', SUPERVISOR, run.shell, run.file],
    cwd: run.cwd,
    env: run.env,
    signal: run.signal,
    onOutput: run.onOutput,
  })
  return exitCode ?? 137
}
