/**
 * The cosign face: `sign-blob`, `verify-blob` and `version` with the tutorial's flags of cosign 2.2.3, its variables,
 * its files byte for byte and its exit codes. Call `runCosign`; `systemCosignIo` is the process itself.
 *
 * Different on purpose: flags that weaken verification do not exist; the checkpoint is verified too; what was signed is
 * verified before it is written; a refusal lists every check. Not here: other commands, bundles, patterns, TUF.
 */
import { describeError, WheelsealError } from '../../base/index.ts'
import { version } from '../version.ts'
import { cosignErrors } from './errors.ts'
import { signBlobFlags, verifyBlobFlags, type CommandFlags } from './flag-table.ts'
import { parseArguments, type Arguments } from './flag-values.ts'
import { commandHelp, OVERVIEW } from './help.ts'
import type { CosignIo } from './io.ts'
import { signBlob } from './sign-blob.ts'
import { verifyBlob } from './verify-blob.ts'

export type { CosignIo } from './io.ts'
export { systemCosignIo } from './system-io.ts'

/** The exit code: 0, or 1 for a refusal, a failure and wrong usage alike, as cosign has it. */
export async function runCosign(argv: readonly string[], io: CosignIo): Promise<number> {
  try {
    return await dispatch(argv, io)
  } catch (error) {
    io.stderr(failureText(error))
    return 1
  }
}

async function dispatch([command = 'help', ...rest]: readonly string[], io: CosignIo): Promise<number> {
  switch (command) {
    case 'sign-blob':
      return withArguments(rest, {
        io,
        usage: 'sign-blob [flags] FILE...',
        table: signBlobFlags,
        run: signBlob,
      })
    case 'verify-blob':
      return withArguments(rest, {
        io,
        usage: 'verify-blob [flags] FILE',
        table: verifyBlobFlags,
        run: verifyBlob,
      })
    case 'version':
      return say(versionText(rest.includes('--json')), io)
    case 'help':
    case '--help':
    case '-h':
      return say(OVERVIEW, io)
    default:
      throw cosignErrors('cosign.unknown-command', `unknown command ${JSON.stringify(command.slice(0, 40))}`)
  }
}

interface Command {
  readonly io: CosignIo
  readonly usage: string
  readonly table: CommandFlags
  /** Whether it was done. */
  readonly run: (given: Arguments, io: CosignIo) => Promise<boolean>
}

async function withArguments(words: readonly string[], { io, usage, table, run }: Command): Promise<number> {
  const given = parseArguments(words, table, io.env)
  if (given.asksForHelp) return say(commandHelp(usage, table), io)
  return (await run(given, io)) ? 0 : 1
}

function say(text: string, io: CosignIo): number {
  io.stdout(text)
  return 0
}

/** Scripts that look for cosign's version find it, with our own behind it as semantic versions have it. */
function versionText(asJson: boolean): string {
  const gitVersion = `v2.2.3+wheelseal.${version()}`
  return asJson
    ? `${JSON.stringify({ gitVersion })}\n`
    : `The cosign face of wheelseal.\n\nGitVersion:    ${gitVersion}\n`
}

function failureText(error: unknown): string {
  if (!(error instanceof WheelsealError)) return `Error: ${describeError(error)}\n`
  return `Error: ${error.message} [${error.code}]\nhint: ${error.hint}\n`
}
