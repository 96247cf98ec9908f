import { Command } from 'commander'
import { withAdmin } from '../server/index.ts'
import { cliErrors } from './errors.ts'
import { duplicatesCommand } from './project-duplicates.ts'
import { allowCommand, memberCommand } from './project-people.ts'
import { publisherCommand } from './project-publisher.ts'
import { ruleCommand } from './project-rule.ts'
import { dataFolder, DATA_HELP } from './server-options.ts'
import { createTerminal } from './terminal.ts'

interface CommonOptions {
  readonly data?: string
  readonly json?: boolean
}

interface CreateOptions extends CommonOptions {
  readonly visibility: string
}

interface ForwardOptions extends CommonOptions {
  readonly indexUrl: string
  readonly allow?: readonly string[]
  readonly all?: boolean
}

export function command(): Command {
  return new Command('project')
    .description('Creates, lists and shows the projects of an instance, and who has which role in them.')
    .addCommand(create())
    .addCommand(list())
    .addCommand(show())
    .addCommand(memberCommand())
    .addCommand(allowCommand())
    .addCommand(publisherCommand())
    .addCommand(duplicatesCommand())
    .addCommand(forward())
    .addCommand(ruleCommand())
}

function create(): Command {
  return new Command('create')
    .description('Creates a project. Its id is never reused.')
    .argument('<group/name>', 'path of the project')
    .option('--visibility <who>', 'private, internal or public', 'private')
    .option('--data <dir>', DATA_HELP)
    .option('--json', 'print {"id":…}')
    .addHelpText('after', '\nExample: wheelseal project create acme/tools --visibility public')
    .action(async (path: string, options: CreateOptions) => {
      const project = await withAdmin(dataFolder(options), (admin) =>
        admin.createProject({ path, visibility: options.visibility }),
      )
      createTerminal(options).output({ ...project }, () => [`project ${project.path} has id ${project.id}`])
    })
}

function list(): Command {
  return new Command('list')
    .description('Lists all projects by id.')
    .option('--data <dir>', DATA_HELP)
    .option('--json', 'print {"projects":[…]}')
    .addHelpText('after', '\nExample: wheelseal project list --data ./data')
    .action(async (options: CommonOptions) => {
      const projects = await withAdmin(dataFolder(options), (admin) => Array.fromAsync(admin.projects()))
      createTerminal(options).output({ projects: projects.map((project) => ({ ...project })) }, () =>
        projects.map(
          ({ id, path, visibility }) => `${String(id).padStart(6)}  ${visibility.padEnd(8)}  ${path}`,
        ),
      )
    })
}

function show(): Command {
  return new Command('show')
    .description('Shows the id and the visibility of a project.')
    .argument('<group/name>', 'path of the project')
    .option('--data <dir>', DATA_HELP)
    .option('--json', 'print {"id":…}')
    .addHelpText('after', '\nExample: wheelseal project show acme/tools')
    .action(async (path: string, options: CommonOptions) => {
      const { id, visibility } = await withAdmin(dataFolder(options), (admin) => admin.project(path))
      createTerminal(options).output({ id, path, visibility }, () => [
        `project ${path} has id ${id}, ${visibility}`,
      ])
    })
}

function forward(): Command {
  return new Command('forward')
    .description(
      'Forwards installers from the simple index of a project to another index, for the allowed package names only or for all that the project never had. Off by default.',
    )
    .argument('<group/name>', 'path of the project')
    .requiredOption('--index-url <url>', 'a simple index, without credentials')
    .option('--allow <name...>', 'package names, for example setuptools wheel')
    .option('--all', 'every name that the project never had')
    .option('--data <dir>', DATA_HELP)
    .option('--json', 'print what is set')
    .addHelpText(
      'after',
      `
Example:
  wheelseal project forward acme/tools --allow setuptools wheel \\
    --index-url https://index.example/simple`,
    )
    .action(async (path: string, options: ForwardOptions) => {
      const { indexUrl } = options
      const names = namesOf(options)
      await withAdmin(dataFolder(options), (admin) => admin.setForwarding({ project: path, indexUrl, names }))
      createTerminal(options).output({ indexUrl, names }, () => [
        `${path} forwards ${names === 'all' ? 'every name that it never had' : names.join(', ')} to ${indexUrl}`,
      ])
    })
}

function namesOf({ allow, all = false }: ForwardOptions): readonly string[] | 'all' {
  if (all === (allow !== undefined))
    throw cliErrors('cli.forward-names', all ? '--all and --allow exclude each other' : 'no names are given')
  return allow ?? 'all'
}
