import { Command } from 'commander'
import { withAdmin, type PublisherInput, type PublisherLine } from '../server/index.ts'
import { dataFolder, DATA_HELP } from './server-options.ts'
import { createTerminal } from './terminal.ts'

interface Options {
  readonly data?: string
  readonly json?: boolean
}

interface AddOptions extends Options {
  readonly ref: string
  readonly issuer?: string
  readonly projectPath?: string
  readonly projectId?: string
  readonly configFile?: string
}

/** `project publisher`: trusted publishing, by the id token of a job instead of a stored secret. */
export function publisherCommand(): Command {
  return new Command('publisher')
    .description(
      'Says which pipelines may publish to a project with the id token of their job, and without a stored token.',
    )
    .addCommand(add())
    .addCommand(list())
    .addCommand(remove())
}

function add(): Command {
  return new Command('add')
    .description('Trusts the pipelines of a project, at one ref or at refs of one form.')
    .argument('<group/name>', 'path of the project to publish to')
    .requiredOption(
      '--ref <ref>',
      'refs/heads/NAME or refs/tags/NAME; a star stands for anything but a slash',
    )
    .option(
      '--issuer <url>',
      'the GitLab of the pipelines, which wheelseal.toml lists; left out, this server',
    )
    .option('--project-path <path>', 'path of the project there; left out, the same path')
    .option('--project-id <id>', 'its id there; left out, the id in the first token')
    .option('--config-file <path>', 'the pipeline file; left out, .gitlab-ci.yml')
    .option('--data <dir>', DATA_HELP)
    .option('--json', 'print the rule and the audience')
    .addHelpText(
      'after',
      `
Example:
  wheelseal project publisher add acme/tools --ref 'refs/tags/v*' \\
    --issuer https://gitlab.example.com`,
    )
    .action(async (project: string, options: AddOptions) => {
      const added = await withAdmin(dataFolder(options), (admin) =>
        admin.addPublisher(project, inputOf(options)),
      )
      createTerminal(options).output({ ...added }, () => [
        `${project} trusts ${lineOf(added)} (rule ${added.id})`,
        'Its jobs ask for the id token so:',
        '  id_tokens:',
        `    ${variableOf(added.audience)}:`,
        `      aud: ${added.audience}`,
      ])
    })
}

function inputOf({ ref, issuer, projectPath, projectId, configFile }: AddOptions): PublisherInput {
  return { ref, issuer, project_path: projectPath, project_id: projectId, config_file: configFile }
}

function list(): Command {
  return new Command('list')
    .description('Lists the trusted publishers of a project.')
    .argument('<group/name>', 'path of the project')
    .option('--data <dir>', DATA_HELP)
    .option('--json', 'print {"audience":…,"publishers":[…]}')
    .addHelpText('after', '\nExample: wheelseal project publisher list acme/tools')
    .action(async (project: string, options: Options) => {
      const { audience, publishers } = await withAdmin(dataFolder(options), (admin) =>
        admin.publishers(project),
      )
      createTerminal(options).output({ audience, publishers: publishers.map((rule) => ({ ...rule })) }, () =>
        publishers.map((rule) => `${String(rule.id).padStart(6)}  ${lineOf(rule)}`),
      )
    })
}

function remove(): Command {
  return new Command('remove')
    .description('Trusts a publisher no more. The upload tokens that it has end at once.')
    .argument('<group/name>', 'path of the project')
    .argument('<id>', 'id of the rule')
    .option('--data <dir>', DATA_HELP)
    .option('--json', 'print {"project":…,"id":…}')
    .addHelpText('after', '\nExample: wheelseal project publisher remove acme/tools 3')
    .action(async (project: string, given: string, options: Options) => {
      const id = /^[1-9][0-9]{0,14}$/.test(given) ? Number(given) : 0
      await withAdmin(dataFolder(options), (admin) => admin.removePublisher(project, id))
      createTerminal(options).output({ project, id }, () => [`${project} has no rule ${id} any more`])
    })
}

function lineOf({ issuer, project_path, project_id, ref, config_file }: PublisherLine): string {
  const id = project_id === null ? '' : ` (id ${project_id})`
  return `${config_file} of ${project_path}${id} at ${ref}, ${issuer}`
}

/** As uv and twine look for it. */
function variableOf(audience: string): string {
  return `${audience.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}_ID_TOKEN`
}
