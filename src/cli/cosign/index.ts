/**
 * The cosign face: `sign-blob`, `verify-blob`, `initialize` and `version` of cosign 2.2.3, with its variables, its files
 * byte for byte and its exit codes, and `install`, which puts it into a folder. Call `runCosign`; `systemCosignIo` is the
 * process itself.
 *
 * Stricter on purpose: flags that weaken verification do not exist; the checkpoint is verified too; what was signed is
 * verified before it is written; a refusal lists every check. docs/reference/cosign.md lists every difference. Not
 * here: other commands, keys, containers.
 */
import { describeError, printable, WheelsealError } from '../../base/index.ts'
import { thisProgram } from '../../host/index.ts'
import { moreLine } from '../terminal.ts'
import { version } from '../version.ts'
import { cosignErrors } from './errors.ts'
import { initializeFlags, signBlobFlags, verifyBlobFlags, type CommandFlags } from './flag-table.ts'
import { parseArguments, withPosixDashes, type Arguments } from './flag-values.ts'
import { commandHelp, OVERVIEW } from './help.ts'
import type { CosignIo } from './io.ts'
import { tell } from './tell.ts'

export type { CosignIo } from './io.ts'
export { systemCosignIo } from './system-io.ts'

/** The exit code: 0, or 1 for a refusal, a failure and wrong usage alike, as cosign has it. */
export async function runCosign(argv: readonly string[], io: CosignIo): Promise<number> {
  try {
    const [command = 'help', ...rest] = withPosixDashes(argv)
    return await dispatch(command, rest, io)
  } catch (error) {
    tell(io, ...failureLines(error, io))
    return 1
  }
}

/** Each is loaded when it is called: verification by a bundle needs no network and no signing. */
const commands: Readonly<Record<string, Command>> = {
  'sign-blob': {
    usage: 'sign-blob [flags] FILE...',
    example: 'sign-blob --yes --output-signature F.sig --output-certificate F.crt F',
    table: signBlobFlags,
    load: async () => (await import('./sign-blob.ts')).signBlob,
  },
  'verify-blob': {
    usage: 'verify-blob [flags] FILE',
    example:
      'verify-blob --signature F.sig --certificate F.crt --certificate-identity ID --certificate-oidc-issuer URL F',
    table: verifyBlobFlags,
    load: async () => (await import('./verify-blob.ts')).verifyBlob,
  },
  initialize: {
    usage: 'initialize [flags]',
    example: 'initialize --mirror https://seal.example/tuf --root root.json',
    table: initializeFlags,
    load: async () => (await import('./initialize.ts')).initialize,
  },
}

function commandOf(name: string): Command | undefined {
  return Object.hasOwn(commands, name) ? commands[name] : undefined
}

async function dispatch(name: string, rest: readonly string[], io: CosignIo): Promise<number> {
  const command = commandOf(name)
  if (command !== undefined) return runCommand(command, rest, io)
  if (name === 'version' || name === '--version') return say(versionText(rest.includes('--json')), io)
  if (name === 'install') return installInto(rest, io)
  if (name === 'help') return help(rest[0], io)
  if (name === '--help' || name === '-h') return say(OVERVIEW, io)
  if (name.startsWith('-'))
    throw cosignErrors('cosign.unsupported-flag', `${name.split('=')[0]} is a flag, a command is expected`)
  throw cosignErrors('cosign.unknown-command', `unknown command ${JSON.stringify(name.slice(0, 40))}`)
}

interface Command {
  readonly usage: string
  readonly example: string
  readonly table: CommandFlags
  /** What tells whether it was done. */
  readonly load: () => Promise<(given: Arguments, io: CosignIo) => Promise<boolean>>
}

async function runCommand(command: Command, words: readonly string[], io: CosignIo): Promise<number> {
  const given = parseArguments(words, command.table, io.env)
  if (given.asksForHelp) return say(commandHelp(command), io)
  const run = await command.load()
  return (await run(given, io)) ? 0 : 1
}

/** Of a command, or of the code of an error; else what there is. */
async function help(topic: string | undefined, io: CosignIo): Promise<number> {
  if (topic === undefined) return say(OVERVIEW, io)
  const command = commandOf(topic)
  if (command !== undefined) return say(commandHelp(command), io)
  const { errorHelp } = await import('../error-help.ts')
  return say(`${errorHelp(topic).join('\n')}\n`, io)
}

async function installInto([folder, ...others]: readonly string[], io: CosignIo): Promise<number> {
  if (folder === undefined || folder.startsWith('-') || others.length > 0)
    throw cosignErrors('cosign.usage', 'cosign install needs exactly one folder')
  const { install } = await import('./install.ts')
  const path = await install(folder, thisProgram())
  return say(`${printable(path)}\n`, io)
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
    : `cosign compatibility of wheelseal.\n\nGitVersion:    ${gitVersion}\n`
}

function failureLines(error: unknown, { env }: CosignIo): readonly string[] {
  if (!(error instanceof WheelsealError)) return [`Error: ${describeError(error)}`]
  return [`Error: ${error.message} [${error.code}]`, `hint: ${error.hint}`, moreLine(error.code, env)]
}
