import { basename } from 'node:path'
import { Command } from 'commander'
import { utf8Decode } from '../base/index.ts'
import { systemClock, systemFiles } from '../host/index.ts'
import { readPolicy } from '../verify/index.ts'
import { chosenGate, GATE_DATA_HELP, GATE_NAME_HELP, type GateOptions } from './gate-options.ts'
import { isSafe, trialLines } from './gate-try-lines.ts'
import { createTerminal } from './terminal.ts'

interface TryOptions extends GateOptions {
  readonly name?: string
  readonly json?: boolean
}

const HELP = `
Packages that were asked for in the last 30 days are decided twice: by the
policy that counts now, in the mode of the gate, and by FILE, enforced. No
upstream is asked, and nothing is written. In the mode warn the gate's own
policy can be tried too: that is what enforce would change.

Examples:
  wheelseal gate try policy.toml
  wheelseal gate try policy.toml --name numpy

Exit: 0 nothing that was served would be refused; 1 something would, or may:
its seals were never looked for, or there are more packages than were looked
at; 1 also where no gate answers or knows the package; 2 the policy is
malformed, or wrong usage.`

/** Above what a policy may have: its reader says so. */
const MAX_BYTES = 1 << 20

export function tryCommand(): Command {
  return new Command('try')
    .description('Shows what a running gate would refuse and allow with another policy, before it counts.')
    .argument('<file>', 'policy file')
    .option('--name <package>', 'this package only, whenever it was asked for')
    .option('--gate <name>', GATE_NAME_HELP)
    .option('--data <dir>', GATE_DATA_HELP)
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(tryPolicy)
}

async function tryPolicy(path: string, options: TryOptions): Promise<void> {
  const bytes = await systemFiles.read(path, MAX_BYTES)
  // Its line is told with the path that was typed, also where no gate runs.
  await readPolicy(bytes, path, { nowMs: systemClock.nowMs() })
  const { admin, gate } = await chosenGate(options)
  const only = options.name === undefined ? {} : { name: options.name }
  const trial = await admin.tryPolicy(gate, { toml: utf8Decode(bytes), fileName: basename(path), ...only })
  createTerminal(options).output(JSON.parse(JSON.stringify(trial)), () => trialLines(trial))
  if (!isSafe(trial)) process.exitCode = 1
}
