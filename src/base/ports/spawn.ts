export interface Command {
  /** Program and arguments; no shell. Never a secret: process lists are public. */
  readonly argv: readonly [string, ...string[]]
  readonly cwd?: string
  /** The whole environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>
  readonly input?: Uint8Array
  readonly onOutput?: (chunk: Uint8Array, stream: 'stdout' | 'stderr') => void
  /** Kills the whole process group: SIGTERM, and SIGKILL after `graceMs`. */
  readonly signal?: AbortSignal
  /** Default 2,000. */
  readonly graceMs?: number
}

export interface CommandResult {
  /** null when a signal ended it. */
  readonly exitCode: number | null
  readonly signal: string | null
}

/** Starts a process in its own group and waits for its end. Throws `host.spawn` when it cannot be started. */
export interface Spawn {
  run(command: Command): Promise<CommandResult>
}
