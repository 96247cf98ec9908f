import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { describeError, type Command, type CommandResult, type Spawn } from '../base/index.ts'
import { hostErrors } from './errors.ts'

const DEFAULT_GRACE_MS = 2_000

export const systemSpawn: Spawn = { run }

async function run(command: Command): Promise<CommandResult> {
  command.signal?.throwIfAborted()
  const [program, ...args] = command.argv
  const child = spawn(program, args, {
    cwd: command.cwd,
    env: { ...command.env },
    stdio: [command.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    detached: true,
  })
  child.stdout?.on('data', (chunk: Buffer) => command.onOutput?.(chunk, 'stdout'))
  child.stderr?.on('data', (chunk: Buffer) => command.onOutput?.(chunk, 'stderr'))
  // The child may close its input early; how it ends is told by its exit, not by this pipe.
  child.stdin?.on('error', () => undefined).end(command.input)
  const stop = stopGroupOnAbort(child, command)
  try {
    return await ended(child, program)
  } finally {
    stop()
  }
}

async function ended(child: ChildProcess, program: string): Promise<CommandResult> {
  try {
    const [exitCode, signal] = (await once(child, 'close')) as [number | null, string | null]
    return { exitCode, signal }
  } catch (cause) {
    throw hostErrors('host.spawn', `${program}: ${describeError(cause)}`, { cause })
  }
}

/** The group, not the child: a shell's own children would live on otherwise. */
function stopGroupOnAbort(child: ChildProcess, command: Command): () => void {
  let last: NodeJS.Timeout | undefined
  const stop = (): void => {
    signalGroup(child, 'SIGTERM')
    last = setTimeout(() => signalGroup(child, 'SIGKILL'), command.graceMs ?? DEFAULT_GRACE_MS)
  }
  command.signal?.addEventListener('abort', stop, { once: true })
  return () => {
    command.signal?.removeEventListener('abort', stop)
    clearTimeout(last)
    if (command.signal?.aborted === true) signalGroup(child, 'SIGKILL')
  }
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // The group has ended already.
  }
}
