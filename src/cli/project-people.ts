import { Command } from 'commander'
import { withAdmin } from '../server/index.ts'
import { dataFolder, DATA_HELP } from './server-options.ts'
import { createTerminal } from './terminal.ts'

interface Options {
  readonly data?: string
  readonly json?: boolean
}

/** `project member`: roles in a project, or in a group and all that is below it. */
export function memberCommand(): Command {
  return new Command('member')
    .description(
      'Gives and takes roles in a project or a group. A role in a group counts in everything below it.',
    )
    .addCommand(addMember())
    .addCommand(removeMember())
    .addCommand(listMembers())
}

const ROLES_HELP = 'guest, planner, reporter, developer, maintainer or owner'

function addMember(): Command {
  return new Command('add')
    .description('Gives a user a role, in place of the one that the user has there.')
    .argument('<path>', 'path of the project or group')
    .argument('<user>', 'name of the user')
    .argument('<role>', ROLES_HELP)
    .option('--data <dir>', DATA_HELP)
    .option('--json', 'print {"path":…,"user":…,"role":…}')
    .addHelpText('after', '\nExample: wheelseal project member add acme/tools ada developer')
    .action(async (...given: [path: string, user: string, role: string, options: Options]) => {
      const [path, user, role, options] = given
      await withAdmin(dataFolder(options), (admin) => admin.setMember({ path, user, role }))
      createTerminal(options).output({ path, user, role }, () => [`${user} is ${role} of ${path}`])
    })
}

function removeMember(): Command {
  return new Command('remove')
    .description('Takes the role of a user in a project or group. A role in a group above it stays.')
    .argument('<path>', 'path of the project or group')
    .argument('<user>', 'name of the user')
    .option('--data <dir>', DATA_HELP)
    .option('--json', 'print {"path":…,"user":…}')
    .addHelpText('after', '\nExample: wheelseal project member remove acme/tools ada')
    .action(async (path: string, user: string, options: Options) => {
      await withAdmin(dataFolder(options), (admin) => admin.removeMember({ path, user }))
      createTerminal(options).output({ path, user }, () => [`${user} has no role in ${path} itself any more`])
    })
}

function listMembers(): Command {
  return new Command('list')
    .description('Lists the members of a project or group itself, without those of the groups above it.')
    .argument('<path>', 'path of the project or group')
    .option('--data <dir>', DATA_HELP)
    .option('--json', 'print {"members":[…]}')
    .addHelpText('after', '\nExample: wheelseal project member list acme/tools')
    .action(async (path: string, options: Options) => {
      const members = await withAdmin(dataFolder(options), (admin) => Array.fromAsync(admin.members(path)))
      createTerminal(options).output({ members: members.map((member) => ({ ...member })) }, () =>
        members.map(({ id, login, role }) => `${String(id).padStart(6)}  ${role.padEnd(10)}  ${login}`),
      )
    })
}

interface AllowOptions extends Options {
  readonly remove?: boolean
}

/** `project allow`: GitLab's job token allowlist. */
export function allowCommand(): Command {
  return new Command('allow')
    .description(
      'Lets jobs of another project, or of all projects below a group, act in this one with the rights of their user. Without FROM, lists what is allowed.',
    )
    .argument('<group/name>', 'path of the project')
    .argument('[from]', 'path of the project or group whose jobs are let in')
    .option('--remove', 'let them in no more')
    .option('--data <dir>', DATA_HELP)
    .option('--json', 'print {"project":…,"from":[…]}')
    .addHelpText('after', '\nExample: wheelseal project allow acme/tools acme/app')
    .action(async (project: string, from: string | undefined, options: AllowOptions) => {
      const allowed = await withAdmin(dataFolder(options), async (admin) => {
        if (from !== undefined && options.remove === true) await admin.disallowJobs({ project, from })
        else if (from !== undefined) await admin.allowJobs({ project, from })
        return (await admin.allowedJobs(project)).from
      })
      createTerminal(options).output({ project, from: [...allowed] }, () => allowed)
    })
}
