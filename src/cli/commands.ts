import { Command } from 'commander'
import type { CommandTable } from './command-table.ts'
import { printableUsage } from './terminal.ts'

/** Each command's file is loaded only when the command is used. */
export const commands: CommandTable = {
  up: { summary: 'start all services on one port and one data directory', load: () => import('./up.ts') },
  run: { summary: "run a project's pipeline on this machine", load: () => import('./run.ts') },
  runner: { summary: 'run the jobs of an instance on this machine', load: () => import('./runner.ts') },
  rehearse: {
    summary: 'run a pipeline that is written for gitlab.com, unchanged, before it is pushed',
    load: () => import('./rehearse.ts'),
  },
  init: {
    summary: 'set up a project, so that its pipeline signs and publishes its releases',
    load: () => import('./init.ts'),
  },
  build: { summary: 'build the wheel and the sdist of a project', load: () => import('./build.ts') },
  plan: {
    summary: 'show the jobs that a pipeline of the project would have, and why',
    load: () => import('./plan.ts'),
  },
  lint: {
    summary: 'find what undermines signatures in a project and its pipeline',
    load: () => import('./lint.ts'),
  },
  sign: { summary: 'sign distributions with the identity of a pipeline', load: () => import('./sign.ts') },
  attest: {
    summary: 'sign attestations: who published distributions, and how they were built',
    load: () => import('./attest.ts'),
  },
  verify: { summary: 'verify who signed distributions', load: () => import('./verify.ts') },
  policy: {
    summary: 'write a policy from files whose signers you trust, and explain one',
    load: () => import('./policy.ts'),
  },
  publish: {
    summary: 'publish distributions and their seals in a project',
    load: () => import('./publish.ts'),
  },
  fetch: {
    summary: 'download a release, and keep it only if it is verified',
    load: () => import('./fetch.ts'),
  },
  install: {
    summary: 'install a release with pip or uv, after it is verified',
    load: () => import('./install.ts'),
  },
  gate: {
    summary: 'let installers install only what a policy allows: a verifying index in front of any',
    load: () => import('./gate.ts'),
  },
  why: { summary: 'say why a gate allows or refuses a release', load: () => import('./why.ts') },
  audit: {
    summary: 'ask a gate about every file of a lock or of a virtual environment',
    load: () => import('./audit.ts'),
  },
  'check-dist': {
    summary: 'check wheels and sdists before they are uploaded',
    load: () => import('./check-dist.ts'),
  },
  project: {
    summary:
      'create, list and show projects, their members and their allowlist, and forward their simple index',
    load: () => import('./project.ts'),
  },
  yank: {
    summary: 'yank a version, so that installers no longer choose it',
    load: () => import('./yank.ts'),
  },
  quarantine: {
    summary: 'quarantine a version, so that nothing of it is served',
    load: () => import('./quarantine.ts'),
  },
  package: {
    summary: 'delete versions, set the status of packages and how uploads are taken',
    load: () => import('./package.ts'),
  },
  log: { summary: 'check every hash of the two transparency logs', load: () => import('./log.ts') },
  doctor: {
    summary: 'find out what is wrong and what to do next; check the stored files of an instance',
    load: () => import('./doctor.ts'),
  },
  backup: {
    summary: 'copy an instance into a folder, also while its server runs',
    load: () => import('./backup.ts'),
  },
  restore: { summary: 'make a data directory of a backup', load: () => import('./restore.ts') },
  user: { summary: 'create, list and block users', load: () => import('./user.ts') },
  token: { summary: 'create, list and revoke access tokens', load: () => import('./token.ts') },
  trust: {
    summary: 'export and show the trust root, check stock clients, manage keys, issue test id tokens',
    load: () => import('./trust.ts'),
  },
  completion: {
    summary: 'print the completion script for bash, zsh or fish',
    load: async () => (await import('./completion.ts')).completionOf(commands),
  },
}

/** The program with the one command that is asked for; of the others the names alone. */
export async function programFor(name: string): Promise<Command> {
  const { versionLine } = await import('./version.ts')
  const program = edged(new Command('wheelseal'))
    .description(
      'Builds, signs, publishes and verifies Python packages, and runs every service that this needs.',
    )
    .version(`wheelseal ${versionLine()}`)
    .helpCommand(false)
    .showHelpAfterError('(run wheelseal --help for the commands)')
    .addHelpText(
      'after',
      `
Help for a command: wheelseal help verify
Help for an error code: wheelseal help verify.identity
Example: wheelseal up --data ./data`,
    )
  for (const [key, { summary, load }] of Object.entries(commands)) {
    const command = key === name ? (await load()).command() : new Command(key)
    program.addCommand(inherit(command.summary(summary)))
  }
  return program
    .addCommand(
      new Command('cosign').summary("cosign's sign-blob, verify-blob and initialize, with the same files"),
    )
    .addCommand(new Command('help').summary('help for a command or an error code'))
}

function inherit(command: Command): Command {
  for (const child of command.commands) inherit(child)
  return edged(command).showHelpAfterError('(run it with --help for an example)')
}

/** Of columns: beside the longest flags of `verify` that much is left of a terminal. */
const MIN_DESCRIPTION_WIDTH = 24

/** Ends by throwing, and quotes a wrong word as text. */
function edged(command: Command): Command {
  const own = command.configureOutput()
  return command
    .exitOverride()
    .configureHelp({ minWidthToWrap: MIN_DESCRIPTION_WIDTH })
    .configureOutput({
      outputError: (text, write) => {
        const shown = printableUsage(text)
        if (own.outputError === undefined) write(shown)
        else own.outputError(shown, write)
      },
    })
}
