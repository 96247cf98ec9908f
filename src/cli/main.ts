import { CommanderError } from 'commander'
import { hideArguments, keepInspectorShut, silenceSqliteWarning, startedAs } from '../host/index.ts'
import { commands, programFor } from './commands.ts'
import { createTerminal, exitCodeOf, outliveReaders } from './terminal.ts'

async function main(argv: readonly string[]): Promise<number> {
  keepInspectorShut()
  silenceSqliteWarning()
  outliveReaders()
  const [name = ''] = argv
  if (name === 'cosign') return cosign(argv.slice(1))
  if (name === 'help') return help(argv.slice(1))
  const program = await programFor(name)
  try {
    await program.parseAsync(argv, { from: 'user' })
    // A command that printed a refusal as its result has set the code already.
    return Number(process.exitCode ?? 0)
  } catch (error) {
    return ended(error, argv.includes('--json'))
  }
}

/** `help verify`, `help trust export`, `help verify.identity`; without a topic the commands. */
async function help([topic, ...more]: readonly string[]): Promise<number> {
  if (topic === undefined) return main(['--help'])
  if (topic === 'cosign' || Object.hasOwn(commands, topic)) return main([topic, ...more, '--help'])
  const { errorHelp } = await import('./error-help.ts')
  try {
    createTerminal({}).result(...errorHelp(topic))
    return 0
  } catch (error) {
    return ended(error, false)
  }
}

async function cosign(argv: readonly string[]): Promise<number> {
  // Before anything is loaded: an id token among the arguments leaves the process list at once.
  hideArguments('cosign')
  const { runCosign, systemCosignIo } = await import('./cosign/index.ts')
  return runCosign(argv, systemCosignIo())
}

/** Commander prints its own usage errors and ends with 0 for help and version. */
function ended(error: unknown, json: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  createTerminal({ json }).fail(error)
  return exitCodeOf(error)
}

const rest = process.argv.slice(2)
process.exitCode = await main(startedAs() === 'cosign' ? ['cosign', ...rest] : rest)
