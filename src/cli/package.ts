import { Argument, Command, Option } from 'commander'
import { withAdmin } from '../server/index.ts'
import { parseRelease, RELEASE_ARGUMENT } from './release-argument.ts'
import { dataFolder, DATA_HELP } from './server-options.ts'
import { createTerminal } from './terminal.ts'

interface CommonOptions {
  readonly project: string
  readonly data?: string
  readonly json?: boolean
}

const STATUSES = ['active', 'archived', 'deprecated', 'quarantined']

export function command(): Command {
  return new Command('package')
    .description('Deletes versions, and says of packages what they are and how uploads are taken.')
    .addCommand(remove())
    .addCommand(status())
    .addCommand(settings())
}

function remove(): Command {
  return new Command('delete')
    .description(
      'Deletes a version for good: its files are neither listed nor served, and a file of the same name is never accepted again.',
    )
    .argument(RELEASE_ARGUMENT, 'a version of a package')
    .requiredOption('--project <group/name>', 'the project that published it')
    .option('--data <dir>', DATA_HELP)
    .option('--json', 'print {"name":…,"version":…,"files":…}')
    .addHelpText('after', '\nExample: wheelseal package delete acme-tools==1.0 --project acme/tools')
    .action(async (release: string, { project, ...options }: CommonOptions) => {
      const asked = { project, ...parseRelease(release) }
      const done = await withAdmin(dataFolder(options), (admin) => admin.deleteRelease(asked))
      const { name, version, files } = done
      createTerminal(options).output({ ...done }, () => [
        `${name} ${version}: ${files} ${files === 1 ? 'file is' : 'files are'} deleted`,
      ])
    })
}

function status(): Command {
  return new Command('status')
    .description(
      'Sets the status of a package over all its versions (PEP 792): archived packages accept no new files, quarantined ones are not served either.',
    )
    .argument('<name>', 'name of the package')
    .addArgument(new Argument('<status>', 'what it is from now on').choices(STATUSES))
    .requiredOption('--project <group/name>', 'the project that published it')
    .option('--reason <text>', 'why, for everyone who may read the project')
    .option('--data <dir>', DATA_HELP)
    .option('--json', 'print what is set')
    .addHelpText(
      'after',
      `
Example:
  wheelseal package status acme-tools deprecated --project acme/tools \\
    --reason unmaintained`,
    )
    .action(async (name: string, to: string, options: CommonOptions & { readonly reason?: string }) => {
      const { project, reason = '' } = options
      await withAdmin(dataFolder(options), (admin) =>
        admin.setPackageStatus({ project, name, status: to, reason }),
      )
      createTerminal(options).output({ name, status: to, reason }, () => [`${name} is ${to}`])
    })
}

function settings(): Command {
  const choice = new Option(
    '--identical-uploads <how>',
    'the same file once more: accept, or refuse as GitLab',
  )
  return new Command('settings')
    .description('Sets how uploads to the PyPI packages of a project are taken.')
    .requiredOption('--project <group/name>', 'the project')
    .addOption(choice.choices(['accept', 'refuse']).makeOptionMandatory())
    .option('--data <dir>', DATA_HELP)
    .option('--json', 'print what is set')
    .addHelpText(
      'after',
      `
Example:
  wheelseal package settings --project acme/tools --identical-uploads refuse`,
    )
    .action(async (options: CommonOptions & { readonly identicalUploads: string }) => {
      const { project, identicalUploads } = options
      await withAdmin(dataFolder(options), (admin) => admin.setPypiSettings({ project, identicalUploads }))
      createTerminal(options).output({ identicalUploads }, () => [
        `${project}: identical uploads are ${identicalUploads === 'accept' ? 'accepted' : 'refused'}`,
      ])
    })
}
