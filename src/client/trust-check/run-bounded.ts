import { describeError, maskTokens, type Command, type Spawn } from '../../base/index.ts'

export interface Runner {
  readonly spawn: Spawn
  readonly signal: AbortSignal
  /** Of each process. */
  readonly limitMs: number
}

export interface Ran {
  readonly outcome: 'done' | 'failed' | 'timed out' | 'not started'
  /** The end of what it printed on both streams, without tokens. */
  readonly output: string
}

const MAX_OUTPUT_BYTES = 64 << 10

/** One process, within its time; it never throws but when everything is stopped. */
export async function runBounded(
  command: Pick<Command, 'argv' | 'env' | 'cwd'>,
  { spawn, signal, limitMs }: Runner,
): Promise<Ran> {
  const limit = AbortSignal.timeout(limitMs)
  let kept = Buffer.alloc(0)
  const onOutput = (chunk: Uint8Array): void => {
    kept = Buffer.concat([kept, chunk]).subarray(-MAX_OUTPUT_BYTES)
  }
  try {
    const ended = await spawn.run({ ...command, onOutput, signal: AbortSignal.any([signal, limit]) })
    signal.throwIfAborted()
    const output = maskTokens(kept.toString())
    if (limit.aborted) return { outcome: 'timed out', output }
    return { outcome: ended.exitCode === 0 ? 'done' : 'failed', output }
  } catch (error) {
    signal.throwIfAborted()
    return { outcome: limit.aborted ? 'timed out' : 'not started', output: describeError(error) }
  }
}
