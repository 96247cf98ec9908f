import { resolve } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { lintHere, plannedFixes, writeFixes } from '../client/lint/index.ts'
import { shippedComponent, systemClock, systemFiles, systemSpawn } from '../host/index.ts'
import { codeQuality, rules, sarif, SEVERITIES, type LintReport, type Severity } from '../lint/index.ts'

import { explanation, findingLines, lintJson, summaryOf } from './lint-report.ts'
import { createTerminal, writeJson, type Terminal } from './terminal.ts'
import { unifiedDiff } from './unified-diff.ts'
import { versionLine } from './version.ts'

const FORMATS = ['text', 'json', 'sarif', 'codequality'] as const

interface Options {
  readonly format: (typeof FORMATS)[number]
  readonly json?: boolean
  readonly level: Severity
  readonly rule: readonly string[]
  readonly ignore: readonly string[]
  readonly mirror?: string
  readonly fix?: boolean
  readonly diff?: boolean
  readonly explain?: string
  readonly quiet?: boolean
}

const EXAMPLES = `
Reads .gitlab-ci.yml and what it includes, pyproject.toml, policy files, and the
shell lines of README and docs/. Starts nothing and fetches nothing.
docs/reference/lint.md has a section for each rule.

Examples:
  wheelseal lint
  wheelseal lint --level warning --format codequality
  wheelseal lint --fix
  wheelseal lint --explain WS301

Exit: 0 nothing is found, 1 findings, 2 wrong usage.`

export function command(): Command {
  return new Command('lint')
    .description(
      'Finds what undermines signatures in a project, its pipeline and the instructions for its users.',
    )
    .argument('[dir]', 'folder of the project', '.')
    .addOption(new Option('--format <form>', 'what to print').choices(FORMATS).default('text'))
    .option('--json', 'the same as --format json')
    .addOption(
      new Option('--level <severity>', 'leave out what is less severe').choices(SEVERITIES).default('note'),
    )
    .option('--rule <codes>', 'these rules only, WS101,WS3 for example; repeat it for more', codes, [])
    .option('--ignore <codes>', 'without these rules; repeat it for more', codes, [])
    .option(
      '--mirror <dir>',
      'folder with the projects, templates and remote files that the pipeline includes',
    )
    .option('--fix', 'change the files where that can break nothing')
    .addOption(new Option('--diff', 'show what --fix would change, and change nothing').conflicts('fix'))
    .option('--explain <rule>', 'print the section of a rule, and lint nothing')
    .option('--quiet', 'print the findings only')
    .addHelpText('after', EXAMPLES)
    .action(lint)
}

function codes(text: string, before: readonly string[]): readonly string[] {
  const names = text.split(',').map((name) => name.trim().toUpperCase())
  const unknown = names.find((name) => name === '' || !rules.some(({ code }) => code.startsWith(name)))
  if (unknown !== undefined)
    throw new InvalidArgumentError('It must be codes of rules, WS101 or WS3 for example.')
  return [...before, ...names]
}

async function lint(folder: string, options: Options): Promise<void> {
  const format = options.json === true ? 'json' : options.format
  const terminal = createTerminal({
    json: format !== 'text',
    ...(options.quiet === undefined ? {} : { quiet: options.quiet }),
  })
  if (options.explain !== undefined) return explain(options.explain, terminal)
  const look = (): Promise<LintReport> => lintHere(requestOf(folder, options), portsOf())
  const report = await look()
  if (options.diff === true) return showDiff(report, terminal)
  const isFixed = options.fix === true && (await fix(report, { folder, terminal }))
  print(isFixed ? await look() : report, { format, terminal })
}

function requestOf(folder: string, { level, rule, ignore, mirror }: Options) {
  return {
    folder,
    mirror: mirror === undefined ? undefined : resolve(mirror),
    selection: { only: rule, without: ignore, level },
  }
}

function portsOf() {
  const env = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined)
  const ports = { files: systemFiles, clock: systemClock, spawn: systemSpawn, shipped: shippedComponent }
  return { ...ports, env: Object.fromEntries(env) }
}

function explain(code: string, terminal: Terminal): void {
  const rule = rules.find((one) => one.code === code.toUpperCase())
  if (rule === undefined) {
    terminal.complain(`there is no rule ${code}`, 'hint: docs/reference/lint.md lists the rules')
    process.exitCode = 2
    return
  }
  const { code: name, severity, title, what, consequence, fix: way, source, traps } = rule
  const json = {
    code: name,
    severity,
    title,
    what,
    consequence,
    fix: way,
    source: [...source],
    traps: [...traps],
  }
  terminal.output(json, () => explanation(rule))
}

function showDiff(report: LintReport, terminal: Terminal): void {
  const fixes = plannedFixes(report)
  terminal.output({ files: fixes.map(({ path, after }) => ({ path, after })) }, () =>
    fixes.flatMap(unifiedDiff),
  )
  if (fixes.length > 0) process.exitCode = 1
  else terminal.say('nothing can be fixed without looking at it')
}

/** Whether anything was changed. */
async function fix(
  report: LintReport,
  { folder, terminal }: { readonly folder: string; readonly terminal: Terminal },
): Promise<boolean> {
  const { written, changed } = await writeFixes(plannedFixes(report), { folder, files: systemFiles })
  for (const path of written) terminal.say(`fixed ${path}`)
  for (const path of changed) terminal.say(`${path} has changed in the meantime, and is left as it is`)
  return written.length > 0
}

function print(
  report: LintReport,
  { format, terminal }: { readonly format: Options['format']; readonly terminal: Terminal },
): void {
  const { findings, project } = report
  if (format === 'sarif') writeJson(sarif(findings, { project, version: versionLine().split(' ')[0] ?? '' }))
  else if (format === 'codequality') writeJson(codeQuality(findings, project))
  else terminal.output(lintJson(report), () => findingLines(findings))
  if (format === 'text') terminal.say(summaryOf(findings))
  if (findings.length > 0) process.exitCode = 1
}
