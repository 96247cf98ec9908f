import { Command } from 'commander'
import { withAdmin } from '../server/index.ts'
import { parseRelease, RELEASE_ARGUMENT } from './release-argument.ts'
import { dataFolder, DATA_HELP } from './server-options.ts'
import { createTerminal } from './terminal.ts'

interface Options {
  readonly project: string
  readonly reason?: string
  readonly undo?: boolean
  readonly data?: string
  readonly json?: boolean
}

interface Mark {
  readonly how: 'yank' | 'quarantine'
  readonly description: string
  /** What the files are then, and are again after `--undo`. */
  readonly words: readonly [done: string, undone: string]
  readonly reason: string
}

/** `wheelseal yank` and `wheelseal quarantine`. */
export function markCommand({ how, description, words, reason }: Mark): Command {
  return new Command(how)
    .description(description)
    .argument(RELEASE_ARGUMENT, 'a version of a package')
    .requiredOption('--project <group/name>', 'the project that published it')
    .option('--reason <text>', 'why, for everyone who may read the project')
    .option('--undo', 'take it back')
    .option('--data <dir>', DATA_HELP)
    .option('--json', 'print {"name":…,"version":…,"files":…}')
    .addHelpText(
      'after',
      `\nExample:\n  wheelseal ${how} acme-tools==1.0 --project acme/tools --reason ${reason}`,
    )
    .action(async (release: string, { project, undo = false, ...options }: Options) => {
      const asked = { project, ...parseRelease(release), reason: undo ? null : (options.reason ?? '') }
      const done = await withAdmin(dataFolder(options), (admin) => admin.mark(how, asked))
      const { name, version, files } = done
      createTerminal(options).output({ ...done }, () => [
        `${name} ${version}: ${files} ${files === 1 ? 'file is' : 'files are'} ${words[undo ? 1 : 0]}`,
      ])
    })
}
