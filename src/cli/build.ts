import { Command } from 'commander'
import { buildProject, BuildFailure, type BuildEvents, type BuildReport } from '../client/build/index.ts'
import { utf8, type JsonValue } from '../base/index.ts'
import { systemFiles, systemSpawn } from '../host/index.ts'
import { createLiveLine, plainText } from './screen.ts'
import { stopSignal } from './stop-signal.ts'
import { createTerminal, type Terminal } from './terminal.ts'

interface Options {
  readonly C: string
  readonly out?: string
  readonly check?: boolean
  readonly tag?: string
  readonly anyVersion?: boolean
  readonly dotenv?: string
  readonly json?: boolean
  readonly quiet?: boolean
}

const HELP = `
Wheel and sdist are built by PyPI's build, in an isolated environment and in a
copy of the sources, so that the folder stays as it is. pip takes the front end
and the back end from the index that it is configured with (PIP_INDEX_URL).
SOURCE_DATE_EPOCH is the time of the commit. Variables with TOKEN, PASSWORD,
SECRET, PRIVATE_KEY or CREDENTIAL in their names are not passed on.

--check builds twice and compares: wheels byte for byte, sdists by their
members.

In the pipeline of a tag such as v1.2.0 (CI_COMMIT_TAG), or with --tag, the
build is refused if its version is not the one of the tag.
--dotenv writes RELEASE_NAME, RELEASE_VERSION, RELEASE_WHEEL, RELEASE_SDIST,
RELEASE_WHEEL_SHA256 and RELEASE_SDIST_SHA256, which GitLab hands to later jobs
(artifacts:reports:dotenv).

Example:
  wheelseal build -C tools --out dist --check

Exit: 0 built, 1 refused or failed, 2 wrong usage.`

export function command(): Command {
  return new Command('build')
    .description('Builds the wheel and the sdist of a project.')
    .option('-C <dir>', 'folder of the project', '.')
    .option('--out <dir>', 'output folder (default: dist in the folder of the project)')
    .option('--check', 'build twice, and fail if the builds differ')
    .option('--tag <tag>', 'the tag that is built (default: CI_COMMIT_TAG)')
    .option('--any-version', 'build whatever the tag says')
    .option('--dotenv <file>', 'write names, version and digests to a file of variables')
    .option('--json', 'print one JSON object')
    .option('--quiet', 'print failures only')
    .addHelpText('after', HELP)
    .action(build)
}

async function build(options: Options): Promise<void> {
  const terminal = createTerminal(options)
  const progress = createBuildProgress(terminal, options.quiet === true)
  const request = {
    folder: options.C,
    output: options.out,
    isChecked: options.check === true,
    tag:
      options.anyVersion === true ? undefined : (options.tag ?? (process.env['CI_COMMIT_TAG'] || undefined)),
    signal: stopSignal(),
  }
  try {
    const ports = { spawn: systemSpawn, env: definedOf(process.env) }
    const report = await buildProject(request, ports, progress)
    progress.end()
    if (options.dotenv !== undefined) await writeDotenv(options.dotenv, report)
    terminal.output(jsonOf(report), () => linesOf(report, options))
  } catch (error) {
    progress.end()
    if (!(error instanceof BuildFailure)) throw error
    terminal.quote(error.tail)
    throw error.cause
  }
}

type BuildProgress = BuildEvents & { end(): void }

/** On a terminal the last line of the build moves behind what is being done; elsewhere each step is a line. */
function createBuildProgress(terminal: Terminal, isQuiet: boolean): BuildProgress {
  const live = isQuiet ? undefined : createLiveLine(process.stderr)
  let step = ''
  return {
    onSources: (sources) => terminal.say(epochLine(sources)),
    onStep: (next) => {
      step = next
      if (live === undefined) terminal.say(step)
      else live.draw(`  ${step} `, '…')
    },
    onLine: (line) => live?.draw(`  ${step} `, plainText(line)),
    end: () => live?.end(),
  }
}

function epochLine(sources: BuildReport['sources']): string {
  const { commit, isDirty, sourceDateEpoch, epochFrom } = sources
  const where =
    commit === undefined ? 'the project is not in a git repository' : `commit ${commit.slice(0, 12)}`
  const dirty = isDirty ? ' with uncommitted changes' : ''
  return `${where}${dirty}; SOURCE_DATE_EPOCH is ${sourceDateEpoch}, ${epochFrom}`
}

function linesOf({ files, folder, isChecked }: BuildReport, { quiet }: Options): readonly string[] {
  if (quiet === true) return []
  const same = isChecked ? ', equal in two builds' : ''
  return files.map(({ fileName, sha256 }) => `${folder}/${fileName} is built${same}, sha256 ${sha256}`)
}

/** Each value is of characters that a distribution's name may have: nothing has to be quoted. */
async function writeDotenv(path: string, { name, version, files }: BuildReport): Promise<void> {
  const ofFiles = files.flatMap(({ kind, fileName, sha256 }) => [
    `RELEASE_${kind.toUpperCase()}=${fileName}`,
    `RELEASE_${kind.toUpperCase()}_SHA256=${sha256}`,
  ])
  const lines = [`RELEASE_NAME=${name}`, `RELEASE_VERSION=${version}`, ...ofFiles]
  await systemFiles.writeAtomic(path, utf8(`${lines.join('\n')}\n`), 0o644)
}

function jsonOf({ name, version, files, folder, sources, isChecked }: BuildReport): JsonValue {
  return {
    name,
    version,
    files: files.map(({ kind, fileName, sha256, sizeBytes }) => ({
      kind,
      file: `${folder}/${fileName}`,
      sha256,
      sizeBytes,
    })),
    commit: sources.commit ?? null,
    uncommittedChanges: sources.isDirty,
    sourceDateEpoch: sources.sourceDateEpoch,
    checked: isChecked,
  }
}

function definedOf(env: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}
