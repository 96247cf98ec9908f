import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { describeError, type ProcessStart, type RunningProcess } from '../base/index.ts'
import { hostErrors } from './errors.ts'

const GRACE_MS = 2_000
const MAX_ERROR_BYTES = 4_096

/** In a process group of its own. Throws `host.spawn` when it cannot be started. */
export async function startProcess({ argv, env, timeoutMs }: ProcessStart): Promise<RunningProcess> {
  const [program, ...args] = argv
  const child = spawn(program, args, { env: { ...env }, stdio: ['pipe', 'pipe', 'pipe'], detached: true })
  try {
    await once(child, 'spawn')
  } catch (cause) {
    throw hostErrors('host.spawn', `${program}: ${describeError(cause)}`, { cause })
  }
  const kill = killOnce(child)
  const late = setTimeout(kill, timeoutMs)
  const errors = endOf(child)
  const { promise: ended, resolve } = Promise.withResolvers<Awaited<RunningProcess['ended']>>()
  child
    .on('error', () => undefined)
    .once('close', (exitCode) => {
      clearTimeout(late)
      resolve({ exitCode, errors: errors() })
    })
  // It may end before it has read all: how it ends is told by its exit.
  child.stdin.on('error', () => undefined)
  return {
    output: taken(child, kill),
    write: (bytes) => write(child, bytes),
    endInput: () => void child.stdin.end(),
    ended,
    kill,
  }
}

/** Of standard error, which may be long. */
function endOf(child: ChildProcess): () => string {
  let text = ''
  child.stderr?.on(
    'data',
    (chunk: Buffer) => (text = (text + chunk.toString('latin1')).slice(-MAX_ERROR_BYTES)),
  )
  return () => text
}

async function* taken(child: ChildProcess, kill: () => void): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of child.stdout ?? []) yield chunk as Uint8Array
  } finally {
    kill()
  }
}

async function write({ stdin }: ChildProcess, bytes: Uint8Array): Promise<boolean> {
  if (stdin === null || stdin.destroyed || stdin.writableEnded) return false
  if (stdin.write(bytes)) return true
  await Promise.race([once(stdin, 'drain'), once(stdin, 'close')]).catch(() => undefined)
  return !stdin.destroyed
}

/** SIGTERM lets it remove what it has begun to write; the group, because it may have started others. */
function killOnce(child: ChildProcess): () => void {
  let isKilled = false
  return () => {
    if (isKilled || child.exitCode !== null || child.signalCode !== null) return
    isKilled = true
    signalGroup(child, 'SIGTERM')
    const last = setTimeout(() => signalGroup(child, 'SIGKILL'), GRACE_MS)
    child.once('close', () => clearTimeout(last))
  }
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // The group has ended already.
  }
}
