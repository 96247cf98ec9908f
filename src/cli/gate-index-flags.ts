import { Option, type Command } from 'commander'

/** A gate as flags describe it: the indexes behind it, and by what they are judged. */
export interface GateIndexFlags {
  readonly upstream: readonly string[]
  readonly files: readonly string[]
  readonly seals?: string
  readonly trust?: string
  readonly policy?: string
}

export function withGateIndexFlags(command: Command): Command {
  const seals = ['provenance', 'generic', 'beside', 'none']
  return command
    .option(
      '--upstream <url>',
      'simple index behind the gate; pypi is the one of this machine, gitlab the project of this job; can be repeated',
      collect,
      [],
    )
    .option(
      '--files <host>',
      'host of files that the pages of an upstream link to; can be repeated',
      collect,
      [],
    )
    .option('--policy <file>', 'who may sign what (docs/reference/policy.md)')
    .option('--trust <root>', 'public, or a trusted_root.json (default: public)')
    .addOption(new Option('--seals <where>', 'where upstreams have their seals').choices(seals))
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value]
}
