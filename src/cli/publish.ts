import { Command, Option } from 'commander'
import { publishFiles, targetOf, type Target, type TargetFlags } from '../client/publish/index.ts'
import type { JsonValue } from '../base/index.ts'
import { createCommandInput, systemClock, systemFiles } from '../host/index.ts'
import { createHttp } from '../net/index.ts'
import type { PublishedFile, PublishEvents } from '../packaging/index.ts'
import { isOpen } from './open-url.ts'
import { createLiveLine } from './screen.ts'
import { createTerminal, type Terminal } from './terminal.ts'

interface Options extends TargetFlags {
  readonly seals: boolean
  readonly sealsOnly?: boolean
  readonly json?: boolean
  readonly quiet?: boolean
}

const HELP = `
In a job of GitLab or Wheelseal nothing but the files is needed. Elsewhere give
--api and --project, and a token in WHEELSEAL_TOKEN or in a file; a token is
never an argument.

Distributions go to the PyPI registry, then what lies next to each file X to the
generic registry: X.sigstore.json, X.sig and X.crt, X.publish.attestation. All
files are read, and the registry is asked for each of them, before the first
upload: if one of these names has other bytes there, nothing is uploaded. What
is there with the same bytes is skipped. At the end every file is read back and
compared. Stopped at any point, the same command again does the rest.

Examples:
  wheelseal publish dist/*
  wheelseal publish --api https://gitlab.example.com/api/v4 \\
    --project acme/tools --token-file ~/.token dist/*

Exit: 0 published, 1 refused or failed, 2 wrong usage.`

export function command(): Command {
  return new Command('publish')
    .description('Publishes distributions and their seals in a project of GitLab or Wheelseal.')
    .argument('<file...>', 'wheels and sdists; signatures among them are found anyway')
    .option('--api <url>', 'API of the server, which ends in /api/v4 (default: CI_API_V4_URL)')
    .option('--project <id>', 'id or path of the project (default: CI_PROJECT_ID)')
    .addOption(new Option('--no-seals', 'publish the distributions only').conflicts('sealsOnly'))
    .option('--seals-only', 'publish the seals only, so that they are there before the distributions')
    .option(
      '--token-file <path>',
      'file with an access token, - for standard input (default: WHEELSEAL_TOKEN, CI_JOB_TOKEN)',
    )
    .option('--user <name>', 'user name of the token, which only deploy tokens need')
    .option(
      '--trusted-publishing [variable]',
      'exchange the id token in a variable for an upload token (default: the variable that the server names)',
    )
    .option('--json', 'print one JSON object')
    .option('--quiet', 'print failures only')
    .addHelpText('after', HELP)
    .action(publish)
}

async function publish(paths: readonly string[], options: Options): Promise<void> {
  const terminal = createTerminal(options)
  const target = targetOf(options, process.env)
  if (isOpen(target.api)) terminal.say('the token is sent without TLS: the API URL begins with http://')
  const progress = createPublishProgress(terminal, options.quiet === true)
  const input = createCommandInput()
  const io = { ...input, clock: systemClock, http: createHttp({ env: process.env, files: systemFiles }) }
  try {
    const published = await publishFiles({ ...target, paths, seals: sealsOf(options) }, io, progress)
    progress.end()
    terminal.output(jsonOf(target, published), () => linesOf(published, options))
  } finally {
    progress.end()
  }
}

function sealsOf({ seals, sealsOnly }: Options): 'with seals' | 'without seals' | 'seals only' {
  if (sealsOnly === true) return 'seals only'
  return seals ? 'with seals' : 'without seals'
}

function createPublishProgress(terminal: Terminal, isQuiet: boolean): PublishEvents & { end(): void } {
  const live = isQuiet ? undefined : createLiveLine(process.stderr)
  return {
    onStep: (step) => (live === undefined ? terminal.say(step) : live.draw(`  ${step} `, '…')),
    end: () => live?.end(),
  }
}

function linesOf(published: readonly PublishedFile[], { quiet }: Options): readonly string[] {
  if (quiet === true) return []
  return published.map(({ file, state }) =>
    state === 'uploaded'
      ? `${file.fileName} is published, sha256 ${file.sha256}`
      : `${file.fileName} was published before with the same bytes`,
  )
}

function jsonOf({ api, project }: Target, published: readonly PublishedFile[]): JsonValue {
  return {
    api,
    project,
    files: published.map(({ file: { path, fileName, sha256 }, state }) => ({
      file: path,
      name: fileName,
      sha256,
      uploaded: state === 'uploaded',
    })),
  }
}
