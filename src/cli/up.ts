import { Command, Option } from 'commander'
import { DEFAULT_LISTEN, startServer, tlsPaths, type RunningServer } from '../server/index.ts'
import type { LogLevel } from '../base/index.ts'
import { jsonLog } from '../host/index.ts'
import { dataFolder, DATA_HELP } from './server-options.ts'
import { createTerminal, type Terminal } from './terminal.ts'
import { untilStopped } from './until-stopped.ts'
import { gateUrls } from './gate-guide.ts'
import { guide, serviceUrls, shortGuide } from './up-guide.ts'

const FLUSH_MS = 500

interface Options {
  readonly data?: string
  readonly listen?: string
  readonly config?: string
  readonly anchor?: string
  readonly externalUrl?: string
  readonly host: readonly string[]
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly logLevel: LogLevel
  readonly json?: boolean
  readonly quiet?: boolean
}

const EXAMPLES = `
Examples:
  wheelseal up --data ./data
      on this machine only, at http://${DEFAULT_LISTEN}
  wheelseal up --listen seal.example:8443 --tls-cert seal.crt --tls-key seal.key
      for a network, with its own certificate; SIGHUP reloads both files, and
      the policies of gates
  wheelseal up --listen 127.0.0.1:7711 --external-url https://seal.example
      behind a proxy that terminates TLS and forwards the Host header
  wheelseal up --listen 0.0.0.0:7711 --external-url https://seal.example \\
      --host seal.internal
      in a container, where probes use another host name

The URL that clients use is part of every certificate, token and log entry. It
is fixed at the first start: --external-url, or else --listen. With
--external-url, --listen may change at each start.

On a terminal it prints the commands that set up each client; elsewhere, and if
CI is set, two lines.`

export function command(): Command {
  return new Command('up')
    .description('Starts all services: one process, one port, one data directory. SIGTERM or Ctrl-C ends it.')
    .option('--data <dir>', DATA_HELP)
    .option('--listen <host:port>', `where to listen; port 0 chooses one (default: ${DEFAULT_LISTEN})`)
    .option(
      '--external-url <url>',
      'URL that clients use, if it differs from --listen; fixed at the first start',
    )
    .option('--host <name>', 'additional host name of the server; can be repeated', collect, [])
    .option('--tls-cert <file>', 'PEM file: certificate of the server, then its intermediates; serves HTTPS')
    .option('--tls-key <file>', 'PEM file: its private key, not readable by every user')
    .option(
      '--config <file>',
      'configuration file (default: wheelseal.toml in the data directory, if it exists)',
    )
    .option(
      '--anchor <file>',
      "file for the newest tree heads of the logs (default: below the user's state folder)",
    )
    .addOption(
      new Option('--log-level <level>', 'lowest level that is logged to standard error')
        .choices(['debug', 'info', 'warn', 'error'])
        .default('info'),
    )
    .option('--json', 'print one line of JSON when the server is ready')
    .option('--quiet', 'print errors only; sets the log level to error')
    .addHelpText('after', EXAMPLES)
    .action(up)
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value]
}

async function up(options: Options): Promise<void> {
  const terminal = createTerminal(options)
  const log = await jsonLog(undefined, options.quiet === true ? 'error' : options.logLevel)
  const server = await startServer({
    data: dataFolder(options),
    config: options.config,
    anchor: options.anchor,
    listen: options.listen,
    externalUrl: options.externalUrl,
    hosts: options.host,
    tls: tlsPaths(options.tlsCert, options.tlsKey),
    log,
  })
  // Before it is announced: whoever reads that line may send a signal at once.
  const reloads = options.tlsCert !== undefined || server.gates.length > 0
  const stopped = untilStopped(reloads ? () => server.reload() : undefined)
  if (options.quiet !== true || terminal.isJson) announce(terminal, server)
  await stopped
  await server.close()
  await log.flushed(FLUSH_MS)
  // What still waits for a reader of the log that does not read would keep the process.
  process.exit(0)
}

function announce(terminal: Terminal, server: RunningServer): void {
  const { url, data, fingerprint, reasons, gates } = server
  const state = reasons.length === 0 ? { ready: true } : { ready: false, reasons: [...reasons] }
  const { isTTY, columns } = process.stdout
  const isForPeople = isTTY && process.env['CI'] === undefined
  const urls = serviceUrls(url)
  const report = { ...state, url, pid: process.pid, data, fingerprint, urls, gates: gateUrls(url, gates) }
  terminal.output(report, () => (isForPeople ? guide(server, columns) : shortGuide(server)))
}
