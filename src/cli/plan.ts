import { resolve } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { InvalidPipelineError, type Problem, type Reasons, type Variable } from '../ciconfig/index.ts'
import { planHere, type PlanOptions } from '../client/plan/index.ts'
import { shippedComponent, systemClock, systemFiles, systemSpawn } from '../host/index.ts'
import { createHttp } from '../net/index.ts'
import { planJson, problemJson } from './plan-json.ts'
import { planPicture, whyLines } from './plan-picture.ts'
import { createTerminal, writeJson, type Terminal } from './terminal.ts'

interface Options {
  readonly C: string
  readonly ref?: string
  readonly tag?: string
  readonly source: string
  readonly variable: readonly Variable[]
  readonly variablesFile?: string
  readonly mirror?: string
  readonly why?: string
  readonly json?: boolean
  readonly quiet?: boolean
}

const EXAMPLES = `
Reads .gitlab-ci.yml and what it includes as they are in the folder, and starts
nothing. Files of other projects, components and templates come from the mirror
folder: GROUP/PROJECT (git clones), templates/NAME, remote/HOST/PATH.

Examples:
  wheelseal plan
  wheelseal plan --tag v1.2.0 --why publish
  wheelseal plan --source merge_request_event --ref feature \\
    --variable DEPLOY=yes --json

Exit: 0 there is a pipeline, 1 the file is wrong or no pipeline would run, 2
wrong usage.`

/** GitLab's words for where a pipeline comes from. */
const SOURCES = [
  'push',
  'web',
  'api',
  'schedule',
  'trigger',
  'pipeline',
  'parent_pipeline',
  'merge_request_event',
  'external',
  'external_pull_request_event',
  'chat',
  'webide',
  'ondemand_dast_scan',
  'ondemand_dast_validation',
  'security_orchestration_policy',
]

export function command(): Command {
  return new Command('plan')
    .description('Shows the jobs that a pipeline of the project would have, as GitLab would plan it.')
    .option('-C <dir>', 'folder of the project', '.')
    .addOption(new Option('--ref <branch>', 'plan as if this branch were checked out').conflicts('tag'))
    .option('--tag <tag>', 'plan as if this tag were pushed')
    .addOption(
      new Option('--source <word>', 'where the pipeline comes from').choices(SOURCES).default('push'),
    )
    .option('--variable <K=V>', 'variable of the pipeline, over all others; repeat it for more', variable, [])
    .option('--variables-file <file>', 'JSON with the variables of the project, its groups and the instance')
    .option(
      '--mirror <dir>',
      'folder with the projects, templates and remote files that the pipeline includes',
    )
    .option('--why <job>', 'say for each rule of the job whether it holds, and why')
    .option('--json', 'print one JSON object (schemas/plan-output.schema.json)')
    .option('--quiet', 'print the result only')
    .addHelpText('after', EXAMPLES)
    .action(plan)
}

function variable(text: string, before: readonly Variable[]): readonly Variable[] {
  const [, key, value] = /^([a-zA-Z_]\w*)=(.*)$/s.exec(text) ?? []
  if (key === undefined || value === undefined) throw new InvalidArgumentError('It must be NAME=VALUE.')
  return [...before, { key, value }]
}

async function plan(options: Options): Promise<void> {
  const terminal = createTerminal(options)
  const env = definedOf(process.env)
  const http = createHttp({ env, files: systemFiles, reach: 'public' })
  try {
    const report = await planHere(requestOf(options), {
      spawn: systemSpawn,
      files: systemFiles,
      clock: systemClock,
      http,
      env,
      shipped: shippedComponent,
      say: (text) => terminal.say(text),
    })
    for (const { file, line, column, message } of report.plan.warnings)
      terminal.say(`warning: ${file}:${line}:${column}: ${message}`)
    const { why } = options
    terminal.output(planJson(report.plan), () =>
      why === undefined ? planPicture(report) : whyLines(report.plan, why),
    )
  } catch (error) {
    if (!(error instanceof InvalidPipelineError)) throw error
    refuse(error.problems, { terminal, reasons: error.reasons, why: options.why })
  }
}

function requestOf(options: Options): PlanOptions {
  const { ref, tag, source, variable: variables, mirror, variablesFile } = options
  return {
    folder: options.C,
    ref,
    tag,
    source,
    variables,
    mirror: mirror === undefined ? undefined : resolve(mirror),
    settings: variablesFile,
  }
}

interface Refusal {
  readonly terminal: Terminal
  readonly reasons: Reasons
  readonly why: string | undefined
}

/** One line for each problem, in the form that editors and other programs know. */
function refuse(problems: readonly Problem[], { terminal, reasons, why }: Refusal): void {
  process.exitCode = 1
  terminal.list(...problems.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`))
  if (terminal.isJson) writeJson({ errors: problems.map(problemJson) })
  else if (why !== undefined) terminal.result(...whyLines(reasons, why))
}

function definedOf(env: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}
