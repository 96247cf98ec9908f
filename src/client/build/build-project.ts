import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { joinBytes, utf8Decode, type Command, type Spawn } from '../../base/index.ts'
import {
  buildArgv,
  buildEnvironment,
  checkBuiltNames,
  compareArgv,
  installArgv,
  checkTag,
  lastLines,
  packagingErrors,
  readDifference,
  restampArgv,
  type BuiltNames,
  type Compared,
} from '../../packaging/index.ts'
import { checkBuilt } from './check-built.ts'
import { digestOf, placeTogether, type BuiltFile } from './place.ts'
import { copySources, readSources, type Sources } from './sources.ts'

export interface BuildOptions {
  readonly folder: string
  /** Undefined for `dist` in the folder of the project. */
  readonly output: string | undefined
  readonly isChecked: boolean
  /** Of the commit: the version that it names must be the one that is built. Undefined: any version. */
  readonly tag: string | undefined
  readonly signal: AbortSignal
}

export interface BuildPorts {
  readonly spawn: Spawn
  readonly env: Readonly<Record<string, string>>
}

export interface BuildEvents {
  /** Before anything is built: what decides the times in the archives. */
  readonly onSources: (sources: Sources) => void
  /** What begins now, in a few words. */
  readonly onStep: (step: string) => void
  /** A line of the front end or the back end, as it is. */
  readonly onLine: (line: string) => void
}

export interface BuildReport extends BuiltNames {
  readonly sources: Sources
  readonly folder: string
  readonly files: readonly BuiltFile[]
  /** Two builds were compared. */
  readonly isChecked: boolean
}

/** With a fact, the last lines of what the program printed, which are not part of it. */
export class BuildFailure extends Error {
  readonly tail: readonly string[]

  constructor(cause: Error, tail: readonly string[]) {
    super(cause.message, { cause })
    this.tail = tail
  }
}

const PYTHON = 'python3'
const TAIL_LINES = 25

/**
 * Wheel and sdist of a project, made in a copy of its sources, and left in the output folder together or not at all.
 * What is here is removed again however it ends. Throws `packaging.…`, or `BuildFailure` around one.
 */
export async function buildProject(
  options: BuildOptions,
  ports: BuildPorts,
  events: BuildEvents,
): Promise<BuildReport> {
  const sources = await readSources(options.folder, ports)
  const output = options.output === undefined ? join(sources.folder, 'dist') : resolve(options.output)
  events.onSources(sources)
  // Short, because paths below it end up in sockets and shebang lines.
  const scratch = await mkdtemp(join(tmpdir(), 'ws-build-'))
  try {
    const run: Run = { ...ports, events, scratch, sources, output, signal: options.signal }
    await installFrontEnd(run)
    const names = await buildOnce(run, 'first')
    if (options.tag !== undefined) checkTag(options.tag, names)
    if (options.isChecked) await checkSecond(run, names)
    await restamp(run, join(run.scratch, 'first', 'dist', names.sdist))
    const files = await filesOf(run, names)
    for (const file of files) await checkBuilt(file)
    options.signal.throwIfAborted()
    await placeTogether(files, output)
    return { ...names, sources, folder: output, files, isChecked: options.isChecked }
  } finally {
    await rm(scratch, { recursive: true, force: true, maxRetries: 3 })
  }
}

interface Run extends BuildPorts {
  readonly events: BuildEvents
  readonly scratch: string
  readonly sources: Sources
  readonly output: string
  readonly signal: AbortSignal
}

type Which = 'first' | 'second'

async function installFrontEnd(run: Run): Promise<void> {
  run.events.onStep('installing the build front end')
  const argv = installArgv(PYTHON, join(run.scratch, 'front-end'))
  await program(run, { argv, cwd: run.scratch }, (how) =>
    packagingErrors('packaging.front-end', `pip ${how}`),
  )
}

/** In a copy of the sources of its own, below another path. */
async function buildOnce(run: Run, which: Which): Promise<BuiltNames> {
  run.events.onStep(which === 'first' ? 'building' : 'building a second time')
  const folder = await copySources(run.sources, join(run.scratch, which, 'sources'), run.output)
  const output = join(run.scratch, which, 'dist')
  await mkdir(output, { recursive: true })
  const argv = buildArgv(PYTHON, { frontEnd: join(run.scratch, 'front-end'), sources: folder, output })
  await program(run, { argv, cwd: folder }, (how) =>
    packagingErrors('packaging.back-end', `the build of ${run.sources.folder} ${how}`),
  )
  return checkBuiltNames(await readdir(output))
}

async function restamp(run: Run, sdist: string): Promise<void> {
  const argv = restampArgv(PYTHON, { sdist, sourceDateEpoch: run.sources.sourceDateEpoch })
  await program(run, { argv, cwd: run.scratch }, (how) =>
    packagingErrors('packaging.built', `setting the times in ${basename(sdist)} ${how}`),
  )
}

async function checkSecond(run: Run, first: BuiltNames): Promise<void> {
  const second = await buildOnce(run, 'second')
  run.events.onStep('comparing the two builds')
  for (const kind of ['wheel', 'sdist'] as const) {
    if (first[kind] !== second[kind])
      throw packagingErrors(
        'packaging.not-reproducible',
        `the builds made ${first[kind]} and ${second[kind]}`,
      )
    const difference = await compare(run, {
      kind,
      first: join(run.scratch, 'first', 'dist', first[kind]),
      second: join(run.scratch, 'second', 'dist', first[kind]),
    })
    if (difference !== undefined) {
      const where = difference.member === undefined ? '' : `, in ${difference.member}`
      throw packagingErrors('packaging.not-reproducible', `${first[kind]}${where}: ${difference.how}`)
    }
  }
}

async function compare(run: Run, compared: Compared): Promise<ReturnType<typeof readDifference>> {
  const output: Uint8Array[] = []
  const command = { argv: compareArgv(PYTHON, compared), cwd: run.scratch }
  const onOutput = (chunk: Uint8Array, stream: 'stdout' | 'stderr'): void => {
    if (stream === 'stdout') output.push(chunk)
  }
  await program(run, { ...command, onOutput }, (how) =>
    packagingErrors('packaging.built', `comparing the two builds ${how}`),
  )
  return readDifference(utf8Decode(joinBytes(output)))
}

async function filesOf(run: Run, names: BuiltNames): Promise<readonly BuiltFile[]> {
  const files: BuiltFile[] = []
  for (const kind of ['sdist', 'wheel'] as const) {
    const path = join(run.scratch, 'first', 'dist', names[kind])
    files.push({ kind, fileName: names[kind], path, ...(await digestOf(path)) })
  }
  return files
}

/** Runs to its end; `failed` makes the error of how it ended. */
async function program(
  run: Run,
  command: Pick<Command, 'argv' | 'cwd' | 'onOutput'>,
  failed: (how: string) => Error,
): Promise<void> {
  const { spawn, env, sources, events, signal } = run
  const tail = lastLines(TAIL_LINES, command.onOutput === undefined ? events.onLine : undefined)
  const onOutput = command.onOutput ?? ((chunk) => tail.add(chunk))
  const environment = buildEnvironment(env, sources.sourceDateEpoch)
  const { exitCode } = await spawn.run({ ...command, env: environment, onOutput, signal })
  signal.throwIfAborted()
  if (exitCode !== 0)
    throw new BuildFailure(failed(`ended with exit ${exitCode ?? 'by a signal'}`), tail.lines())
}
