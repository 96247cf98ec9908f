import { Command, Option } from 'commander'
import type { LogLevel } from '../base/index.ts'
import { boundYoungSpace, jsonLog, systemFiles } from '../host/index.ts'
import { gatesOfFile, startGateServer, tlsPaths, type GateConfiguration } from '../server/index.ts'
import { cliErrors } from './errors.ts'
import { gateGuide, gateUrls } from './gate-guide.ts'
import { withGateIndexFlags, type GateIndexFlags } from './gate-index-flags.ts'
import { gateOfFlags } from './gate-of-flags.ts'
import { GATE_DATA_HELP, type GateOptions } from './gate-options.ts'
import { gateDataFolder } from './server-options.ts'
import { createTerminal } from './terminal.ts'
import { untilStopped } from './until-stopped.ts'

interface UpOptions extends GateOptions, GateIndexFlags {
  readonly name: string
  readonly mode?: string
  readonly config?: string
  readonly listen?: string
  readonly externalUrl?: string
  readonly host: readonly string[]
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly logLevel: LogLevel
  readonly json?: boolean
  readonly quiet?: boolean
}

const FLUSH_MS = 500

const EXAMPLES = `
Examples:
  wheelseal gate up --upstream pypi --policy policy.toml
      in front of the index that this machine's pip uses
  wheelseal gate up \\
    --upstream https://gitlab.example.com/api/v4/projects/7/packages/pypi/simple \\
      --trust trusted_root.json --policy policy.toml
      in front of a project of a GitLab, whose seals are generic packages
  wheelseal gate up --config wheelseal.toml
      several gates or upstreams, with private names: [[gates]] of the file

Installers use it as their only index; on a terminal the lines that set them up
are printed. SIGHUP reads the policies again. A server of wheelseal up serves
the [[gates]] of its own wheelseal.toml.`

export function upCommand(): Command {
  const command = new Command('up').description(
    'Starts a gate: one process, one port, no Sigstore and no registry of its own. SIGTERM or Ctrl-C ends it.',
  )
  return withServerOptions(withGateOptions(withGateIndexFlags(command)))
    .addHelpText('after', EXAMPLES)
    .action(up)
}

function withGateOptions(command: Command): Command {
  const modes = ['enforce', 'warn', 'off']
  return command
    .addOption(
      new Option('--mode <mode>', 'warn refuses nothing and counts; off only checks bytes').choices(modes),
    )
    .option('--name <name>', 'name of the gate, in its URL', 'prod')
    .option('--config <file>', 'file with [[gates]], in place of the flags above')
}

function withServerOptions(command: Command): Command {
  return command
    .option('--data <dir>', GATE_DATA_HELP)
    .option('--listen <host:port>', 'where to listen; port 0 chooses one (default: 127.0.0.1:7712)')
    .option('--external-url <url>', 'URL that clients use, if it differs from --listen')
    .option('--host <name>', 'additional host name of the server; can be repeated', collect, [])
    .option('--tls-cert <file>', 'PEM file: certificate of the server, then its intermediates; serves HTTPS')
    .option('--tls-key <file>', 'PEM file: its private key, not readable by every user')
    .addOption(
      new Option('--log-level <level>', 'lowest level that is logged to standard error')
        .choices(['debug', 'info', 'warn', 'error'])
        .default('info'),
    )
    .option('--json', 'print one line of JSON when the gate is ready')
    .option('--quiet', 'print errors only; sets the log level to error')
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value]
}

async function up(options: UpOptions): Promise<void> {
  boundYoungSpace()
  const terminal = createTerminal(options)
  const gates = await configuredGates(options)
  const log = await jsonLog(undefined, options.quiet === true ? 'error' : options.logLevel)
  const server = await startGateServer({
    data: gateDataFolder(options),
    gates,
    listen: options.listen,
    externalUrl: options.externalUrl,
    hosts: options.host,
    tls: tlsPaths(options.tlsCert, options.tlsKey),
    log,
  })
  const stopped = untilStopped(() => server.reload())
  const { url } = server
  const names = gates.map(({ name }) => name)
  if (options.quiet !== true || terminal.isJson)
    terminal.output({ ready: true, url, pid: process.pid, gates: gateUrls(url, names) }, () =>
      gateGuide(url, names),
    )
  await stopped
  await server.close()
  await log.flushed(FLUSH_MS)
  process.exit(0)
}

async function configuredGates(options: UpOptions): Promise<readonly GateConfiguration[]> {
  const { config, upstream, policy } = options
  if (config === undefined) return gateOfFlags(options, options)
  if (upstream.length > 0 || policy !== undefined)
    throw cliErrors('cli.gate-flags', '--config cannot be combined with --upstream and --policy')
  return gatesOfFile(config, systemFiles)
}
