import { Command, InvalidArgumentError } from 'commander'
import { systemClock } from '../host/index.ts'
import { chosenGate, GATE_DATA_HELP, GATE_NAME_HELP, type GateOptions } from './gate-options.ts'
import { statusLines } from './gate-status-lines.ts'
import { createTerminal } from './terminal.ts'

interface StatusOptions extends GateOptions {
  readonly since: number
  readonly json?: boolean
}

const MAX_DAYS = 400

export function statusCommand(): Command {
  return new Command('status')
    .description(
      'Shows what a gate served, held and refused, how its upstreams and trust are, and what to look at.',
    )
    .option('--since <days>', 'days to count, such as 7d', days, 1)
    .option('--gate <name>', GATE_NAME_HELP)
    .option('--data <dir>', GATE_DATA_HELP)
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample: wheelseal gate status --since 7d')
    .action(async (options: StatusOptions) => {
      const { admin, gate } = await chosenGate(options)
      const status = await admin.status(gate, options.since)
      createTerminal(options).output(JSON.parse(JSON.stringify(status)), () =>
        statusLines(status, { days: options.since, nowMs: systemClock.nowMs() }),
      )
    })
}

function days(text: string): number {
  const count = Number(/^([1-9][0-9]{0,2})d$/.exec(text)?.[1] ?? NaN)
  if (count >= 1 && count <= MAX_DAYS) return count
  throw new InvalidArgumentError(`write it as 7d, at most ${MAX_DAYS}d.`)
}
