import { Command, Option } from 'commander'
import { setTimeout as sleep } from 'node:timers/promises'
import { utf8Decode } from '../base/index.ts'
import { systemFiles } from '../host/index.ts'
import { withAdmin, type Admin, type ProjectRule } from '../server/index.ts'
import { dataFolder, DATA_HELP } from './server-options.ts'
import { createTerminal } from './terminal.ts'

interface RuleOptions {
  readonly policy?: string
  readonly projectIdentity?: boolean
  readonly off?: boolean
  readonly data?: string
  readonly json?: boolean
}

/** Of `wheelseal project`. */
export function ruleCommand(): Command {
  return new Command('rule')
    .description(
      'Sets the publish rule of a project: a distribution is listed only when its signature satisfies it. Off by default. Without an option, shows the rule. Waits until all distributions are judged.',
    )
    .argument('<group/name>', 'path of the project')
    .addOption(
      new Option('--policy <file>', 'a policy: who may sign, and what else is required').conflicts([
        'projectIdentity',
        'off',
      ]),
    )
    .addOption(
      new Option(
        '--project-identity',
        'signed by a pipeline of the project, on its default branch or a tag',
      ).conflicts('off'),
    )
    .option('--off', 'list every distribution')
    .option('--data <dir>', DATA_HELP)
    .option('--json', 'print {"rule":…}')
    .addHelpText('after', '\nExample: wheelseal project rule acme/tools --policy policy.toml')
    .action(rule)
}

type Asked = Parameters<Admin['setRule']>[1] | undefined

async function rule(path: string, options: RuleOptions): Promise<void> {
  const asked = await askedRule(options)
  const shown = await withAdmin(dataFolder(options), async (admin) => {
    if (asked === undefined) return admin.rule(path)
    await admin.setRule(path, asked)
    return inForce(admin, path)
  })
  createTerminal(options).output({ ...shown }, () => [sentence(path, shown)])
}

const MAX_POLICY_BYTES = 64 << 10

async function askedRule({ policy, projectIdentity, off }: RuleOptions): Promise<Asked> {
  if (policy !== undefined)
    return { kind: 'policy', policy: utf8Decode(await systemFiles.read(policy, MAX_POLICY_BYTES)) }
  if (projectIdentity === true) return { kind: 'project-identity' }
  return off === true ? { kind: 'off' } : undefined
}

const LOOK_EVERY_MS = 200

/** Also where no server runs: then it is brought into force by this process. */
async function inForce(admin: Admin, path: string): Promise<ProjectRule> {
  for (;;) {
    const now = await admin.rule(path)
    if (now.phase === 'in force') return now
    await sleep(LOOK_EVERY_MS)
  }
}

function sentence(path: string, { rule: now, phase }: ProjectRule): string {
  const state = phase === 'in force' ? '' : '; another rule is being set'
  if (now === null) return `${path} lists every distribution${state}`
  const which =
    now.kind === 'policy'
      ? 'that satisfies its policy'
      : 'of a pipeline of the project, on its default branch or a tag'
  return `${path} lists only distributions with a signature ${which}${state}`
}
