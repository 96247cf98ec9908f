import { Command, Option } from 'commander'
import type { JsonValue } from '../base/index.ts'
import { planInit, undoInit, writeChanges, type InitPlan } from '../client/init/index.ts'
import { shippedComponent, systemClock, systemFiles, systemSpawn } from '../host/index.ts'
import { TARGETS, type TargetName } from '../init/index.ts'
import { ask, canAsk } from './ask.ts'
import { changeLines, nextLines, targetLine } from './init-report.ts'
import { createTerminal, type Terminal } from './terminal.ts'

interface Options {
  readonly for?: TargetName
  readonly url?: string
  readonly fingerprint?: string
  readonly name?: string
  readonly vendored?: boolean
  readonly yes?: boolean
  readonly undo?: boolean
  readonly json?: boolean
  readonly quiet?: boolean
}

const EXPLANATION = `
Adds an include of the component python-package to .gitlab-ci.yml, and to
pyproject.toml what a build lacks. In an empty folder it makes a small package.
Every other line stays as it is. The changes are shown as a diff, and written
after one question; nothing is fetched and nothing is started.

Examples:
  wheelseal init
  wheelseal init ../my-package --for gitlab.com --yes
  wheelseal init --for self-managed --url https://seal.example.com \\
    --fingerprint sha256:5f9a…
  wheelseal init --undo

Exit: 0 written, or nothing to change; 1 refused, or the changes were not
confirmed; 2 wrong usage.`

export function command(): Command {
  return new Command('init')
    .description('Sets up a Python project, so that its pipeline signs and publishes its releases.')
    .argument('[dir]', 'folder of the project', '.')
    .addOption(
      new Option('--for <where>', 'where the pipeline runs (default: by the remote origin)').choices(TARGETS),
    )
    .option('--url <url>', 'of the trust services, for a self-managed GitLab')
    .option('--fingerprint <sha256:hex>', 'of their TUF root, as wheelseal up prints it')
    .option('--name <name>', 'of the package, where the project has none')
    .option('--vendored', 'copy the component into the project, instead of including it by its address')
    .option('--yes', 'write without asking')
    .addOption(
      new Option('--undo', 'restore what the last init in this folder changed').conflicts([
        'for',
        'url',
        'fingerprint',
        'name',
        'vendored',
      ]),
    )
    .option('--json', 'print the changes as one JSON value')
    .option('--quiet', 'print the diff and errors only')
    .addHelpText('after', EXPLANATION)
    .action(init)
}

async function init(folder: string, options: Options): Promise<void> {
  const terminal = createTerminal(options)
  if (options.undo === true) return undo(folder, terminal)
  const { for: name, url, fingerprint } = options
  const plan = await planInit(
    {
      folder,
      choice: { name, url, fingerprint },
      name: options.name,
      isVendored: options.vendored === true,
    },
    portsOf(),
  )
  terminal.say(targetLine(plan))
  if (!terminal.isJson) for (const line of changeLines(plan)) terminal.result(line)
  const isWritten = plan.changes.length > 0 && (await isWanted(options, terminal))
  if (isWritten) await writeChanges(plan.folder, plan.changes, { files: systemFiles, env: process.env })
  report(plan, { isWritten, terminal })
}

function portsOf() {
  const env = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined)
  const ports = { files: systemFiles, clock: systemClock, spawn: systemSpawn, shipped: shippedComponent }
  return { ...ports, env: Object.fromEntries(env) }
}

async function isWanted({ yes, json }: Options, terminal: Terminal): Promise<boolean> {
  if (yes === true) return true
  if (json !== true && canAsk()) {
    if (await ask('Write these changes?')) return true
    terminal.complain('nothing was written')
  } else terminal.complain('nothing was written: there is no terminal to ask on', 'hint: give --yes to write')
  process.exitCode = 1
  return false
}

function report(
  plan: InitPlan,
  { isWritten, terminal }: { readonly isWritten: boolean; readonly terminal: Terminal },
): void {
  if (terminal.isJson) terminal.output(jsonOf(plan, isWritten), () => [])
  if (plan.included !== undefined) terminal.say(`.gitlab-ci.yml includes ${plan.included} already`)
  if (plan.changes.length === 0) terminal.say('nothing to change')
  else if (isWritten) for (const line of nextLines(plan)) terminal.say(line)
}

function jsonOf({ folder, target, why, changes, included, unread }: InitPlan, isWritten: boolean): JsonValue {
  return {
    folder,
    target: { ...target },
    why,
    written: isWritten,
    files: changes.map(({ path, before, after }) => ({ path, before: before ?? null, after })),
    included: included ?? null,
    unread: [...unread],
  }
}

async function undo(folder: string, terminal: Terminal): Promise<void> {
  const { restored, removed } = await undoInit(folder, { files: systemFiles, env: process.env })
  terminal.output({ restored: [...restored], removed: [...removed] }, () => [
    ...restored.map((path) => `restored ${path}`),
    ...removed.map((path) => `removed ${path}`),
  ])
}
