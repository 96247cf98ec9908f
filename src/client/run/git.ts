import { joinBytes, utf8Decode, type Spawn } from '../../base/index.ts'
import { clientErrors } from '../errors.ts'

export interface Git {
  /** Standard output without its last line break. Throws `client.git` with git's own words. */
  run(...args: readonly string[]): Promise<string>
  /** The same, or undefined where git says no. */
  ask(...args: readonly string[]): Promise<string | undefined>
}

/** What a repository may not decide for us: hooks, signatures, and who owns its folder. */
const SETTINGS = [
  'core.hooksPath=/dev/null',
  'commit.gpgSign=false',
  'core.quotePath=false',
  'safe.directory=*',
]
const MAX_OUTPUT_BYTES = 4 * 1024 * 1024

/** git in `folder`, without a terminal. */
export function gitIn(folder: string, spawn: Spawn, env: Readonly<Record<string, string>>): Git {
  const settings = SETTINGS.flatMap((setting) => ['-c', setting])
  const run = async (args: readonly string[]): Promise<string> => {
    const out: Uint8Array[] = []
    const errors: Uint8Array[] = []
    const { exitCode } = await spawn.run({
      argv: ['git', '-C', folder, ...settings, ...args],
      env: { ...env, GIT_TERMINAL_PROMPT: '0' },
      onOutput: (chunk, stream) => void (stream === 'stdout' ? out : errors).push(chunk),
    })
    if (exitCode !== 0)
      throw clientErrors('client.git', `git ${args.join(' ')}: ${textOf([...errors, ...out]).trim()}`)
    return textOf(out).replace(/\n$/, '')
  }
  return { run: (...args) => run(args), ask: (...args) => run(args).catch(() => undefined) }
}

function textOf(chunks: readonly Uint8Array[]): string {
  return utf8Decode(joinBytes(chunks).subarray(0, MAX_OUTPUT_BYTES))
}
