import { basename } from 'node:path'
import { Command, CommanderError } from 'commander'
import { silenceSqliteWarning } from '../host/index.ts'
import { createTerminal, exitCodeOf, outliveReaders, printableUsage } from './terminal.ts'

interface Entry {
  readonly summary: string
  readonly load: () => Promise<{ readonly command: () => Command }>
}

/** Each command's file is loaded only when the command is used. */
const commands: Readonly<Record<string, Entry>> = {
  up: { summary: 'start all services on one port and one data directory', load: () => import('./up.ts') },
  run: { summary: "run a project's pipeline here", load: () => import('./run.ts') },
  sign: { summary: 'sign distributions with the identity of a pipeline', load: () => import('./sign.ts') },
  attest: {
    summary: 'attest who published distributions, and what built them',
    load: () => import('./attest.ts'),
  },
  verify: { summary: 'verify who sealed distributions', load: () => import('./verify.ts') },
  project: {
    summary: 'create, list and show projects, set where their index sends installers on',
    load: () => import('./project.ts'),
  },
  log: { summary: 'check the two logs, every hash of them', load: () => import('./log.ts') },
  token: { summary: 'create access tokens', load: () => import('./token.ts') },
  trust: {
    summary: 'export and show the trust root, take its keys away, mint id tokens for tries',
    load: () => import('./trust.ts'),
  },
}

async function main(argv: readonly string[]): Promise<number> {
  silenceSqliteWarning()
  outliveReaders()
  const [name = ''] = argv
  if (name === 'cosign') return cosign(argv.slice(1))
  const program = await programFor(name)
  try {
    await program.parseAsync(argv, { from: 'user' })
    // A command that printed a refusal as its result has set the code already.
    return Number(process.exitCode ?? 0)
  } catch (error) {
    return ended(error, argv.includes('--json'))
  }
}

async function cosign(argv: readonly string[]): Promise<number> {
  // Before anything is loaded: an id token among the arguments leaves the process list at once.
  process.title = 'cosign'
  const { runCosign, systemCosignIo } = await import('./cosign/index.ts')
  return runCosign(argv, systemCosignIo())
}

/** Commander prints its own usage errors and ends with 0 for help and version. */
function ended(error: unknown, json: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  createTerminal({ json }).fail(error)
  return exitCodeOf(error)
}

async function programFor(name: string): Promise<Command> {
  const { version } = await import('./version.ts')
  const program = edged(new Command('wheelseal'))
    .description('Builds, seals, publishes and verifies Python packages, with every service that takes.')
    .version(version())
    .showHelpAfterError('(run wheelseal --help for the commands)')
    .addHelpText('after', '\nThe cosign face: wheelseal cosign --help\nExample: wheelseal up --data ./data')
  for (const [key, { summary, load }] of Object.entries(commands)) {
    const command = key === name ? (await load()).command() : new Command(key)
    program.addCommand(inherit(command.summary(summary)))
  }
  program.addCommand(
    new Command('cosign').summary("cosign's sign-blob, verify-blob and initialize, with the same files"),
  )
  return program
}

function inherit(command: Command): Command {
  for (const child of command.commands) inherit(child)
  return edged(command).showHelpAfterError('(run it with --help for an example)')
}

/** Ends by throwing, and quotes a wrong word as text. */
function edged(command: Command): Command {
  const own = command.configureOutput()
  return command.exitOverride().configureOutput({
    outputError: (text, write) => {
      const shown = printableUsage(text)
      if (own.outputError === undefined) write(shown)
      else own.outputError(shown, write)
    },
  })
}

const called = basename(process.argv[1] ?? '')
const rest = process.argv.slice(2)
process.exitCode = await main(called === 'cosign' ? ['cosign', ...rest] : rest)
