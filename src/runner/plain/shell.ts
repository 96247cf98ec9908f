import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import type { Spawn } from '../../base/index.ts'
import type { Script } from '../executor.ts'
import { inheritedEnvironment, type Environment, type HostEnvironment } from '../job/host-environment.ts'
import type { Shell } from '../job/script.ts'

/**
 * The shell's group is told to end when the script has: a server that a job left in the background would else hold
 * the log open until the job's timeout. `$0` onwards is the command; nothing of the job stands in the arguments.
 */
const SUPERVISOR = '"$0" "$@"; code=$?; trap "" TERM; kill -TERM 0; exit "$code"'
/**
 * Descriptors that the runner has inherited from whoever started it are not the job's. Node closes the first sixteen;
 * `sh` knows no others. `-p`, so that the job's BASH_ENV is read once.
 */
const CLOSE_DESCRIPTORS =
  'for wheelseal_fd in /dev/fd/*; do wheelseal_fd=${wheelseal_fd##*/}; ' +
  'case $wheelseal_fd in [012] | *[!0-9]*) ;; *) eval "exec $wheelseal_fd>&-" ;; esac; done; ' +
  'unset wheelseal_fd; exec "$0" "$@"'
/** 128 + 9: the supervisor itself is killed only together with its group. */
const KILLED = 137

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

interface ShellOfJob {
  readonly spawn: Spawn
  readonly shell: Shell
  readonly cwd: string
  /** The job's variables come on top. */
  readonly env: Environment
}

export async function runInShell(
  { spawn, shell, cwd, env }: ShellOfJob,
  { file, variables, signal, onOutput }: Script,
): Promise<number> {
  const { exitCode } = await spawn.run({
    argv: ['/bin/sh', '-c', SUPERVISOR, ...commandOf(shell), file],
    cwd,
    env: { ...env, ...Object.fromEntries(variables) },
    signal,
    onOutput,
  })
  return exitCode ?? KILLED
}

function commandOf(shell: Shell): readonly string[] {
  return shell === 'bash' ? ['bash', '-p', '-c', CLOSE_DESCRIPTORS, 'bash'] : [shell]
}
