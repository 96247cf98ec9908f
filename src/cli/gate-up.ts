import { Command, Option } from 'commander'
import { Secret, type LogLevel } from '../base/index.ts'
import { readMachineIndex } from '../client/index.ts'
import { jsonLog, systemFiles } from '../host/index.ts'
import {
  gatesOfFile,
  gatesOfFlags,
  startGateServer,
  tlsPaths,
  type GateConfiguration,
  type UpstreamFlags,
} from '../server/index.ts'
import { cliErrors } from './errors.ts'
import { gateGuide, gateUrls } from './gate-guide.ts'
import { GATE_DATA_HELP, gateDataFolder, type GateOptions } from './gate-options.ts'
import { definedOf } from './pipeline-flags.ts'
import { createTerminal } from './terminal.ts'
import { untilStopped } from './until-stopped.ts'

interface UpOptions extends GateOptions {
  readonly name: string
  readonly upstream: readonly string[]
  readonly files: readonly string[]
  readonly seals?: string
  readonly trust?: string
  readonly policy?: string
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
  wheelseal gate up --upstream https://gitlab.example.com/api/v4/projects/7/packages/pypi/simple \\
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
  return withServerOptions(withGateOptions(command)).addHelpText('after', EXAMPLES).action(up)
}

function withGateOptions(command: Command): Command {
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
    .addOption(
      new Option('--mode <mode>', 'warn refuses nothing and counts; off only checks bytes').choices([
        'enforce',
        'warn',
        'off',
      ]),
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
  const { config, upstream, files, policy, seals, trust, name, mode } = options
  if (config !== undefined) {
    if (upstream.length > 0 || policy !== undefined)
      throw cliErrors('cli.gate-flags', '--config cannot be combined with --upstream and --policy')
    return gatesOfFile(config, systemFiles)
  }
  if (upstream.length === 0 || policy === undefined)
    throw cliErrors('cli.gate-flags', 'a gate needs --upstream and --policy, or --config')
  const upstreams: UpstreamFlags[] = []
  for (const one of upstream) {
    const place = await placeOf(one, files)
    upstreams.push({ ...place, seals, trust })
  }
  return gatesOfFlags({ name, policy, mode, upstreams })
}

/** What the words stand for: the index of this machine's pip, and the project whose job this is. */
async function placeOf(upstream: string, files: readonly string[]): Promise<UpstreamFlags> {
  if (upstream === 'gitlab') return { ...jobsProject(process.env), files }
  if (upstream !== 'pypi') return { url: upstream, files }
  const { url, hosts } = await readMachineIndex(definedOf(process.env))
  if (url === undefined)
    throw cliErrors('cli.gate-flags', "this machine's pip names no index", {
      hint: 'give the URL of a simple index with --upstream',
    })
  return { url, files: [...new Set([...hosts, ...files])] }
}

/** GitLab's predefined variables; a job token reads the packages of its project. */
function jobsProject(env: NodeJS.ProcessEnv): Pick<UpstreamFlags, 'url' | 'login'> {
  const { CI_API_V4_URL: api, CI_PROJECT_ID: id, CI_JOB_TOKEN: token } = env
  if (!api || !id || !token)
    throw cliErrors('cli.gate-flags', 'gitlab is the project of a job, and this is not a job of a GitLab', {
      hint: 'give the URL https://HOST/api/v4/projects/ID/packages/pypi/simple with --upstream',
    })
  const url = `${api}/projects/${encodeURIComponent(id)}/packages/pypi/simple`
  return { url, login: { username: 'gitlab-ci-token', password: new Secret(token) } }
}
