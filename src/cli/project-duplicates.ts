import { Command, Option } from 'commander'
import { withAdmin } from '../server/index.ts'
import { dataFolder, DATA_HELP } from './server-options.ts'
import { createTerminal } from './terminal.ts'

interface Options {
  readonly generic?: 'allowed' | 'refused'
  readonly data?: string
  readonly json?: boolean
}

/** `project duplicates`: whether a generic file may come again with other content, as on GitLab. */
export function duplicatesCommand(): Command {
  return new Command('duplicates')
    .description(
      'Says whether a generic file may be uploaded again with other content. Allowed, as on GitLab, each is kept and the newest is served. Without a flag, shows what holds.',
    )
    .argument('<group/name>', 'path of the project')
    .addOption(new Option('--generic <what>', 'for generic files').choices(['allowed', 'refused']))
    .option('--data <dir>', DATA_HELP)
    .option('--json', 'print {"project":…,"generic":…}')
    .addHelpText('after', '\nExample: wheelseal project duplicates acme/tools --generic allowed')
    .action(async (project: string, options: Options) => {
      const { generic } = await withAdmin(dataFolder(options), async (admin) =>
        options.generic === undefined
          ? admin.duplicates(project)
          : admin.setDuplicates(project, options.generic),
      )
      createTerminal(options).output({ project, generic }, () => [
        `${project}: other content for a generic file is ${generic}`,
      ])
    })
}
