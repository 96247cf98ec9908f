import { joinBytes } from '../../base/index.ts'
import { startProcess } from '../../host/index.ts'
import { storageErrors } from '../errors.ts'
import { settingArguments } from './settings.ts'

export interface GitCommand {
  readonly env: Readonly<Record<string, string>>
  /** The folder of the repository. */
  readonly folder: string
  readonly args: readonly string[]
  readonly input?: string
  /** Default 32 MiB, the names of some hundred thousand files. */
  readonly maxBytes?: number
  /** What is beyond `maxBytes` is left out, instead of being an error. */
  readonly isCut?: boolean
  readonly timeoutMs?: number
}

export interface GitAnswer {
  readonly exitCode: number | null
  readonly bytes: Uint8Array
  readonly errors: string
}

const MAX_OUTPUT_BYTES = 32 << 20
/** A folder may stand in itself a thousand million times over. */
const TIMEOUT_MS = 30_000

/** git to its end. Throws `storage.git` where it prints too much; it is ended then. */
export async function askGit(command: GitCommand): Promise<GitAnswer> {
  const { env, folder, args, input, maxBytes = MAX_OUTPUT_BYTES, isCut = false } = command
  const { timeoutMs = TIMEOUT_MS } = command
  const argv = ['git', '--git-dir', folder, ...settingArguments(), ...args] as const
  const git = await startProcess({ argv, env, timeoutMs })
  if (input !== undefined) void git.write(Buffer.from(input))
  git.endInput()
  const { bytes, isMore } = await beginningOf(git.output, maxBytes)
  const { exitCode, errors } = await git.ended
  if (isMore && !isCut)
    throw storageErrors('storage.git', `git ${args[0] ?? ''} prints more than ${maxBytes} bytes`)
  return { exitCode: isMore ? 0 : exitCode, bytes, errors }
}

/** Stops where there is more: that ends the process. */
async function beginningOf(
  output: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<{ readonly bytes: Uint8Array; readonly isMore: boolean }> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of output) {
    parts.push(part.subarray(0, maxBytes - size))
    size += part.length
    if (size > maxBytes) return { bytes: joinBytes(parts), isMore: true }
  }
  return { bytes: joinBytes(parts), isMore: false }
}

export interface Git {
  /** Standard output without its last line break. Throws where git says no. */
  run(...args: readonly string[]): Promise<string>
  /** The same, or undefined where git says no. */
  ask(...args: readonly string[]): Promise<string | undefined>
}

/** What is no UTF-8 is replaced: a name of a file may be anything. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

export function gitAt(folder: string, env: Readonly<Record<string, string>>): Git {
  const run = async (args: readonly string[]): Promise<string | undefined> => {
    // No argument can have one, and neither has a name that git knows.
    if (args.some((arg) => arg.includes('\0'))) return undefined
    const { exitCode, bytes } = await askGit({ env, folder, args })
    return exitCode === 0 ? decoder.decode(bytes).replace(/\n$/, '') : undefined
  }
  return {
    ask: (...args) => run(args),
    run: async (...args) => {
      const text = await run(args)
      if (text === undefined) throw storageErrors('storage.git', `git ${args[0] ?? ''} failed`)
      return text
    },
  }
}
