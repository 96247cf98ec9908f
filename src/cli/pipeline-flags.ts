import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { InvalidArgumentError, Option, type Command } from 'commander'
import { givenVariable, type PipelineRequest, type SourceChoice } from '../client/index.ts'
import { thisProgram } from '../host/index.ts'
import type { TerminalOptions } from './terminal.ts'

/** The flags that `run` and `rehearse` have alike. */
export interface PipelineFlags extends TerminalOptions {
  readonly C: string
  readonly ref?: string
  readonly tag?: string
  readonly worktree?: boolean
  readonly variable: readonly string[]
  readonly jobs?: number
  readonly strictImage?: boolean
  readonly wheelhouse?: string
  readonly mirror?: string
}

const DEFAULT_MAX_JOBS = 4

export function addPipelineFlags(command: Command): Command {
  return command
    .argument('[job...]', 'jobs to run, with those that they wait for (default: all)')
    .option('-C <dir>', 'folder of the project', '.')
    .addOption(
      new Option('--ref <ref>', 'run the pipeline of this branch or tag, whatever is checked out').conflicts([
        'tag',
        'worktree',
      ]),
    )
    .addOption(new Option('--tag <tag>', 'run the pipeline of this tag').conflicts('worktree'))
    .option('--worktree', 'include uncommitted changes')
    .option(
      '--variable <name=value>',
      'variable of the pipeline; NAME alone is taken from the environment (repeatable)',
      collect,
      [],
    )
    .option(
      '--jobs <n>',
      `jobs at a time (default: one for each processor, at most ${DEFAULT_MAX_JOBS})`,
      countOfJobs,
    )
    .option('--strict-image', 'fail where the Python of an image is not on this machine')
    .option('--wheelhouse <dir>', 'folder of wheels from which pip installs in jobs, without an index')
    .option(
      '--mirror <dir>',
      'folder with the projects, templates and remote files that the pipeline includes',
    )
    .option('--json', 'print events as JSON, one a line; the last is the result')
    .option('--quiet', 'print the result only, also of --json')
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value]
}

const MAX_JOBS = 64

export function countOfJobs(text: string): number {
  const value = Number(text)
  if (/^[1-9][0-9]?$/.test(text) && value <= MAX_JOBS) return value
  throw new InvalidArgumentError(`it must be a number from 1 to ${MAX_JOBS}`)
}

type Surroundings = 'observer' | 'onStart' | 'say' | 'signal'

/** What is asked by the flags; who is told of it and who may stop it is the caller's. */
export function requestOf(
  flags: PipelineFlags,
  jobs: readonly string[],
): Omit<PipelineRequest, Surroundings> {
  const env = definedOf(process.env)
  return {
    folder: flags.C,
    choice: choiceOf(flags),
    jobs,
    variables: flags.variable.map((text) => givenVariable(text, env)),
    parallel: flags.jobs ?? Math.min(availableParallelism(), DEFAULT_MAX_JOBS),
    isImageStrict: flags.strictImage === true,
    wheelhouse: resolved(flags.wheelhouse),
    mirror: resolved(flags.mirror),
    program: thisProgram(),
    env,
  }
}

export function resolved(path: string | undefined): string | undefined {
  return path === undefined ? undefined : resolve(path)
}

function choiceOf({ ref, tag, worktree }: PipelineFlags): SourceChoice {
  if (tag !== undefined) return { kind: 'ref', name: tag, type: 'tag' }
  if (ref !== undefined) return { kind: 'ref', name: ref }
  return { kind: worktree === true ? 'worktree' : 'checkout' }
}

export function definedOf(env: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}
