import { joinBytes, utf8Decode, type Spawn } from '../../base/index.ts'
import { clientErrors } from '../errors.ts'

export interface Git {
  /** Standard output without its last line break. Throws `client.git` with git's own words. */
  run(...args: readonly string[]): Promise<string>
  /** The same, or undefined where git says no. */
  ask(...args: readonly string[]): Promise<string | undefined>
}

/** What a repository may not decide for us: hooks, signatures, programs that watch it, and who owns its folder. */
const SETTINGS = [
  'core.hooksPath=/dev/null',
  'commit.gpgSign=false',
  'core.quotePath=false',
  'core.fsmonitor=false',
  'safe.directory=*',
]
/** The names of some hundred thousand files. */
const MAX_OUTPUT_BYTES = 32 * 1024 * 1024

/** git in `folder`, without a terminal. */
export function gitIn(folder: string, spawn: Spawn, env: Readonly<Record<string, string>>): Git {
  const settings = SETTINGS.flatMap((setting) => ['-c', setting])
  const run = async (args: readonly string[]): Promise<string> => {
    const out: Uint8Array[] = []
    const errors: Uint8Array[] = []
    let size = 0
    const ending = new AbortController()
    const { exitCode } = await spawn.run({
      argv: ['git', '-C', folder, ...settings, ...args],
      env: { ...env, GIT_TERMINAL_PROMPT: '0' },
      signal: ending.signal,
      onOutput: (chunk, stream) => {
        size += chunk.length
        if (size > MAX_OUTPUT_BYTES) ending.abort()
        else (stream === 'stdout' ? out : errors).push(chunk)
      },
    })
    // Half a list of files would be a wrong one.
    if (size > MAX_OUTPUT_BYTES)
      throw clientErrors('client.git', `git ${args.join(' ')}: prints more than ${MAX_OUTPUT_BYTES} bytes`)
    if (exitCode !== 0)
      throw clientErrors('client.git', `git ${args.join(' ')}: ${textOf([...errors, ...out]).trim()}`)
    return textOf(out).replace(/\n$/, '')
  }
  return { run: (...args) => run(args), ask: (...args) => run(args).catch(() => undefined) }
}

function textOf(chunks: readonly Uint8Array[]): string {
  return utf8Decode(joinBytes(chunks))
}
