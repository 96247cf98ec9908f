import { Command } from 'commander'
import { userInfo } from 'node:os'
import { normalizeName } from '../formats/python/index.ts'
import { chosenGate, GATE_DATA_HELP, GATE_NAME_HELP, type GateOptions } from './gate-options.ts'
import { createTerminal } from './terminal.ts'

interface PinOptions extends GateOptions {
  readonly repository?: string
  readonly by?: string
  readonly why?: string
  readonly json?: boolean
}

const WHY_DEFAULT = 'no reason was given'

function withPlace(command: Command): Command {
  return command
    .option('--gate <name>', GATE_NAME_HELP)
    .option('--data <dir>', GATE_DATA_HELP)
    .option('--json', 'print JSON')
}

export function approveCommand(): Command {
  return withPlace(new Command('approve'))
    .description(
      'Lets a changed signer of a package through, from now on: adds a pin to those that history shows.',
    )
    .argument('<name>', 'name of the package')
    .option(
      '--repository <path>',
      'its new repository, such as acme/demo (default: the one that was refused)',
    )
    .option('--by <person>', 'who approves (default: the user of this machine)')
    .option('--why <reason>', 'why, for those who read the pin later')
    .addHelpText('after', '\nExample: wheelseal gate approve demo --repository acme/demo --why moved')
    .action(async (name: string, options: PinOptions) => {
      const { admin, gate } = await chosenGate(options)
      const { repository, by = userInfo().username, why = WHY_DEFAULT } = options
      const asked = { by, why, ...(repository === undefined ? {} : { repository }) }
      const pin = await admin.approve(gate, normalizeName(name), asked)
      createTerminal(options).output({ ...pin }, () => [
        `${normalizeName(name)} may be signed by ${pin.repository}`,
        ...(pin.workflow === null ? [] : [`  pipeline   ${pin.workflow}`]),
        `  issuer     ${pin.issuer}`,
      ])
    })
}

export function forgetCommand(): Command {
  return withPlace(new Command('forget'))
    .description('Forgets who signs a package: the gate learns it from its history anew.')
    .argument('<name>', 'name of the package')
    .option('--by <person>', 'who decides (default: the user of this machine)')
    .option('--why <reason>', 'why, for those who read it later')
    .addHelpText('after', '\nExample: wheelseal gate forget demo --why fork')
    .action(async (name: string, options: PinOptions) => {
      const { admin, gate } = await chosenGate(options)
      const { by = userInfo().username, why = WHY_DEFAULT } = options
      await admin.forget(gate, normalizeName(name), { by, why })
      createTerminal(options).output({ forgotten: normalizeName(name) }, () => [
        `forgot who signs ${normalizeName(name)}`,
      ])
    })
}

export function pinsCommand(): Command {
  return withPlace(new Command('pins'))
    .description('Prints who signs which package, as the gate has learned it or a person has approved it.')
    .option('--export', 'print the pins as rules of a policy')
    .addHelpText('after', '\nExample: wheelseal gate pins --export')
    .action(async (options: PinOptions & { readonly export?: boolean }) => {
      const { admin, gate } = await chosenGate(options)
      const terminal = createTerminal(options)
      if (options.export === true) {
        const toml = await admin.exportPins(gate)
        terminal.output({ toml }, () => (toml === '' ? ['# no pins yet'] : toml.trimEnd().split('\n')))
        return
      }
      const { pins } = await admin.status(gate, 1)
      terminal.output({ pins: pins.map((pin) => ({ ...pin })) }, () =>
        pins.length === 0
          ? ['no pins yet: the gate learns them from the history of packages that are asked for']
          : pins.map(
              ({ name, repository, since, by }) =>
                `${name}  ${repository}, ${by}, since ${since.slice(0, 10)}`,
            ),
      )
    })
}

export function refreshCommand(): Command {
  return withPlace(new Command('refresh'))
    .description(
      'Asks the upstream for a package now. Files that were refused for their bytes are fetched again.',
    )
    .argument('<name>', 'name of the package')
    .addHelpText('after', '\nExample: wheelseal gate refresh demo')
    .action(async (name: string, options: PinOptions) => {
      const { admin, gate } = await chosenGate(options)
      await admin.refresh(gate, normalizeName(name))
      createTerminal(options).output({ refreshed: normalizeName(name) }, () => [
        `asked for ${normalizeName(name)}`,
      ])
    })
}
