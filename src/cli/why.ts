import { Command } from 'commander'
import { homedir } from 'node:os'
import { askWhy } from '../client/why/index.ts'
import { withGateIndexFlags } from './gate-index-flags.ts'
import { withGate, type OwnGateOptions } from './own-gate.ts'
import { createTerminal } from './terminal.ts'
import { systemVerifyIo } from './verify-io.ts'
import { whyJson, whyLines } from './why-report.ts'

interface Options extends OwnGateOptions {
  readonly json?: boolean
}

const EXAMPLES = `
The gate is that of --gate or WHEELSEAL_GATE, else the one that pip or uv are
aimed at (PIP_INDEX_URL, UV_DEFAULT_INDEX, index-url of pip's configuration); a
link or a file URL of a gate names its own. A file that is here is compared with
the one that the gate knows.

Examples:
  wheelseal why demo==2.0
  wheelseal why demo-2.0-py3-none-any.whl --gate http://127.0.0.1:7712/gate/prod
  wheelseal why http://127.0.0.1:7712/gate/prod/why/9f3a61c2
  wheelseal why demo==2.0 --upstream pypi --policy policy.toml
      without a gate that runs: one of this command alone, which forgets all

Exit: 0 allowed, 1 refused, held, another file or no answer, 2 wrong usage.`

export function command(): Command {
  return withGateIndexFlags(new Command('why'))
    .description('Says whether a gate allows a release or a file, who signed it, and why it is refused.')
    .argument(
      '<release|file|url>',
      'NAME==VERSION, a wheel or sdist, its URL, or the link at the end of a refusal',
    )
    .option('--gate <url>', 'the gate: http://HOST/gate/NAME, or its index (default: WHEELSEAL_GATE)')
    .option('--json', 'print {"gateUrl":…,"outcome":…,"isAllowed":…,"file":…,"refusal":…,"report":{…}}')
    .addHelpText('after', EXAMPLES)
    .action(why)
}

async function why(about: string, options: Options): Promise<void> {
  const io = { ...systemVerifyIo(process.env), env: process.env, home: process.env['HOME'] ?? homedir() }
  const answer = await withGate(options, (gate) => askWhy(about, { gate }, io))
  createTerminal(options).output(whyJson(answer), () => whyLines(answer))
  if (!answer.isAllowed) process.exitCode = 1
}
