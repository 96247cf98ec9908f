/** A program that runs, with what goes into it and what comes out as streams. */
export interface RunningProcess {
  /** What it prints, as fast as it is taken. Who stops taking ends the process. */
  readonly output: AsyncIterable<Uint8Array>
  /** Resolves when it may get more; false when it takes none any more. */
  write(bytes: Uint8Array): Promise<boolean>
  endInput(): void
  /** Once it and all that holds its output have ended; with the end of what it said on standard error. */
  readonly ended: Promise<{ readonly exitCode: number | null; readonly errors: string }>
  /** The whole process group: SIGTERM, and SIGKILL a little later. */
  kill(): void
}

export interface ProcessStart {
  /** Program and arguments; no shell. Never a secret: process lists are public. */
  readonly argv: readonly [string, ...string[]]
  /** The whole environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>
  /** Then it is killed. */
  readonly timeoutMs: number
}
