import { Command } from 'commander'
import {
  judgeTrusted,
  policyErrors,
  proposePolicy,
  writePolicy,
  type PolicyPlan,
  type PolicyProposal,
} from '../client/policy/index.ts'
import { printable } from '../base/index.ts'
import type { FileOutcome } from '../client/verify/index.ts'
import { createCommandInput, systemFiles } from '../host/index.ts'
import { readAnswer } from './answer.ts'
import { addPlaceOptions } from './fetch-options.ts'
import { inStoppable } from './fetch-stop.ts'
import { explainCommand } from './policy-explain.ts'
import { policyPlanOf, type PolicyFlags } from './policy-flags.ts'
import { noteLines, policyJson, proposalLines, signerLines } from './policy-report.ts'
import { settingsHere } from './settings.ts'
import { createTerminal, exitCodeOf, writeJson, type Terminal } from './terminal.ts'
import { addTrustOptions } from './verify-options.ts'
import { originLines, refusalLines } from './verify-report.ts'

interface Options extends PolicyFlags {
  readonly yes?: boolean
  readonly json?: boolean
  readonly quiet?: boolean
}

const EXAMPLES = `
Every signature next to the files, or in the registry, must be valid; who signed
is shown, and is written down only after you agree. Of a policy that exists
every byte stays: rules are added at its end.

Examples:
  wheelseal policy init dist/*
  wheelseal policy init acme-tools==1.0.0 --project acme/tools \\
    --api https://gitlab.example.com/api/v4
  wheelseal policy init --any-tag --yes --output policy.toml dist/*.whl

Exit: 0 the policy allows the files, 1 refused or failed, 2 wrong usage.`

export function command(): Command {
  return new Command('policy')
    .description('Writes and explains the policy file that says who may sign which packages.')
    .addCommand(initCommand())
    .addCommand(explainCommand())
}

function initCommand(): Command {
  const init = new Command('init')
    .description(
      'Writes a policy from files whose signers you trust: the narrowest rules that these files satisfy.',
    )
    .argument('<file|name==version...>', 'signed distributions, or releases of an index')
    .option(
      '--output <file>',
      'policy file to write or to add to (default: the policy of the settings, or policy.toml)',
    )
    .option('--any-tag', 'allow every tag of the same form, v* for v1.0.0; without it these tags alone')
    .option('--yes', 'write without asking')
  addPlaceOptions(
    init.option('--project <group/name>', 'with --api: the project whose registry has the files'),
  )
  addTrustOptions(init)
  return init
    .option('--offline', 'no network, as for wheelseal verify')
    .option('--json', 'print one JSON object: the signers, the rules and the policy')
    .option('--quiet', 'print refusals only')
    .addHelpText('after', EXAMPLES)
    .action(initPolicy)
}

async function initPolicy(names: readonly string[], options: Options): Promise<void> {
  const terminal = createTerminal(options)
  const { plan, origins } = await policyPlanOf(names, options, {
    ...createCommandInput(),
    env: process.env,
    settings: await settingsHere(process.env),
  })
  if (!terminal.isJson) for (const line of originLines(origins)) terminal.say(line)
  const stoppable = { terminal, quiet: options.quiet === true, stopped: 'stopped; nothing was written' }
  const outcomes = await inStoppable(stoppable, (io) => judgeTrusted(plan, io))
  if (outcomes.some(({ verified }) => !verified)) return refuse(outcomes, plan, terminal)
  const proposal = await proposePolicy(outcomes, plan, systemFiles)
  if (!terminal.isJson && options.quiet !== true)
    terminal.result(...signerLines(outcomes), ...proposalLines(proposal))
  for (const line of noteLines(outcomes, proposal, plan)) terminal.say(line)
  await settle({ outcomes, proposal }, options, terminal)
}

/** No rule is ever made of a file that is not verified. */
function refuse(outcomes: readonly FileOutcome[], { output }: PolicyPlan, terminal: Terminal): void {
  if (terminal.isJson) writeJson(policyJson({ outcomes, written: false }))
  for (const outcome of outcomes) if (!outcome.verified) terminal.complain(...refusalLines(outcome))
  terminal.say(`${output} is left as it is: rules are made of verified files only`)
  process.exitCode = 1
}

interface Settling {
  readonly outcomes: readonly FileOutcome[]
  readonly proposal: PolicyProposal
}

async function settle({ outcomes, proposal }: Settling, options: Options, terminal: Terminal): Promise<void> {
  const { path, added, before } = proposal
  try {
    const written = added !== '' && (options.yes === true || (await isAgreed(path)))
    if (written) await writePolicy(proposal, systemFiles)
    if (terminal.isJson) writeJson(policyJson({ outcomes, proposal, written }))
    if (added === '') return terminal.say(`${path} allows these files already`)
    if (written) return terminal.say(before === undefined ? `wrote ${path}` : `added the rules to ${path}`)
    terminal.say('nothing was written')
    process.exitCode = 1
  } catch (error) {
    if (!terminal.isJson) throw error
    writeJson(policyJson({ outcomes, proposal, written: false, error }))
    createTerminal({}).fail(error)
    process.exitCode = exitCodeOf(error)
  }
}

/** Throws `client.policy-confirm` where nobody sits. */
async function isAgreed(path: string): Promise<boolean> {
  const { stdin, stderr } = process
  if (!stdin.isTTY || !stderr.isTTY)
    throw policyErrors('client.policy-confirm', `${path} is not written before the signers are confirmed`)
  stderr.write(`Do you trust these signers, and write ${printable(path)}? [y/N] `)
  const answer = await readAnswer(createCommandInput().standardInput())
  return ['y', 'yes'].includes(answer.trim().toLowerCase())
}
