import { Command, InvalidArgumentError } from 'commander'
import { groupOf } from '../client/settings/index.ts'
import { systemClock, systemFiles } from '../host/index.ts'
import { explainName, readPolicy } from '../verify/index.ts'
import { explainedJson, explainedLines } from './policy-explain-report.ts'
import { settingsHere } from './settings.ts'
import { createTerminal } from './terminal.ts'

interface Options {
  readonly policy?: string
  readonly json?: boolean
}

const DEFAULT_POLICY = 'policy.toml'
/** Above what a policy may have: its reader says so. */
const MAX_BYTES = 1 << 20

const HELP = `
wheelseal verify asks for a signer and for what is required. All else is asked
at a gate only.

Example:
  wheelseal policy explain acme-tools --policy policy.toml

Exit: 0 explained, also where no rule lists the name; 2 the policy is malformed,
or wrong usage.`

export function explainCommand(): Command {
  return new Command('explain')
    .description(
      'Shows which rule of a policy decides for a package, who may sign it, and what else is asked.',
    )
    .argument('<name>', 'package name', packageName)
    .option('--policy <file>', 'policy file (default: the policy of the settings, or policy.toml)')
    .option('--json', 'print one JSON object: the rule with all its keys, and the exemptions')
    .addHelpText('after', HELP)
    .action(explainPolicy)
}

/** The policy in its place would be explained as the name of a package that no rule lists. */
function packageName(text: string): string {
  if (/\.toml$/i.test(text)) throw new InvalidArgumentError(`write NAME --policy ${text}.`)
  return text
}

async function explainPolicy(name: string, options: Options): Promise<void> {
  const nowMs = systemClock.nowMs()
  const path = options.policy ?? (await configuredPolicy()) ?? DEFAULT_POLICY
  const file = await readPolicy(await systemFiles.read(path, MAX_BYTES), path, { nowMs })
  const explained = explainName(name, file, nowMs)
  createTerminal(options).output(explainedJson(explained), () => explainedLines(explained))
}

async function configuredPolicy(): Promise<string | undefined> {
  return groupOf(await settingsHere(process.env), ['policy']).policy?.value
}
