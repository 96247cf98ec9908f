import { Command } from 'commander'
import { basename } from 'node:path'
import { WheelsealError, type JsonValue } from '../base/index.ts'
import { checkArchive, checkDistribution, type DistributionReport } from '../formats/python/archive/index.ts'
import { withSource } from '../host/index.ts'
import type { Line } from './screen.ts'
import { createTerminal } from './terminal.ts'

interface Options {
  readonly archiveOnly?: boolean
  readonly json?: boolean
}

interface Checked extends DistributionReport {
  readonly path: string
}

export function command(): Command {
  return new Command('check-dist')
    .description(
      'Checks wheels and sdists as the registry does when they are uploaded: the archive, RECORD, names, tags and metadata. Unpacks nothing and runs none of their code.',
    )
    .argument('<file...>', 'wheels (.whl) and sdists (.tar.gz)')
    .option('--archive-only', 'check the zip or tar alone, not names and metadata; takes .zip and .tgz too')
    .option('--json', 'print {"files":[{"path":…,"ok":…,"reason":…,"findings":[{"code":…}]}]}')
    .addHelpText(
      'after',
      '\nExample: wheelseal check-dist dist/*\n\nExit: 0 nothing was found, 1 something was, 2 wrong usage.',
    )
    .action(checkFiles)
}

async function checkFiles(paths: readonly string[], options: Options): Promise<void> {
  const check = options.archiveOnly === true ? checkArchive : checkDistribution
  const checked: Checked[] = []
  for (const path of paths) checked.push({ path, ...(await checkFile(path, check)) })
  createTerminal(options).output({ files: checked.map(jsonOf) }, () => checked.flatMap(linesOf))
  if (checked.some(({ findings }) => findings.length > 0)) process.exitCode = 1
}

/** A file that cannot be read is one more that is not in order; the others are checked all the same. */
async function checkFile(path: string, check: typeof checkArchive): Promise<DistributionReport> {
  try {
    return await withSource(path, (source) => check(basename(path), source))
  } catch (error) {
    if (error instanceof WheelsealError) return { findings: [error] }
    throw error
  }
}

function jsonOf({ path, findings, metadata }: Checked): JsonValue {
  const core = metadata?.core
  return {
    path,
    ok: findings.length === 0,
    reason: findings[0]?.code ?? null,
    findings: findings.map(({ code, message, hint }) => ({ code, message, hint })),
    name: core?.nameKey ?? null,
    version: core?.version.normal ?? null,
    requiresPython: core?.requiresPython ?? null,
  }
}

function linesOf({ path, findings }: Checked): readonly Line[] {
  if (findings.length === 0) return [`OK: ${path}`]
  return [
    `REFUSED: ${path}`,
    ...findings.flatMap(({ code, message, hint }, at) => [
      `  ${message} [${code}]`,
      // Of findings of one kind in a row, one hint is enough.
      ...(findings[at + 1]?.code === code ? [] : [`    hint: ${hint}`]),
    ]),
  ]
}
