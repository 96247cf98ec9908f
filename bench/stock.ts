/**
 * The stock servers of `bench/peers`, on loopback, with the keys and certificates of an instance of ours, so that both
 * sides sign with the same kinds of keys. Settings are the servers' own defaults, PostgreSQL's durable ones included;
 * what is switched off is named here.
 */
import { execFileSync } from 'node:child_process'
import { createPrivateKey } from 'node:crypto'
import { chmodSync, chownSync, existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { AuthorityFiles } from './authority-files.ts'
import { fulcioConfig } from './fulcio-config.ts'
import { answers, freePort, start, type Running, type StartOptions } from './processes.ts'

/** Where `bench/peers` puts them. */
export const peers =
  process.env['WHEELSEAL_PEERS'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'wheelseal', 'peers')

export interface Stock {
  readonly name: string
  readonly port: number
  readonly parts: Readonly<Record<string, Running>>
  stop(): Promise<void>
}

/** Where the servers keep what they make; `data` is the data directory of ours, for keys and certificates. */
export interface StockOptions {
  readonly work: string
  readonly data: string
}

const HOST = '127.0.0.1'

/** Rekor v1 as its own documentation runs it, but for the search index, which would want another database. */
export async function startRekor(options: StockOptions): Promise<Stock> {
  const { database, uri } = await startPostgres(options)
  const [rpc, http, signerRpc, signerHttp, port] = await Promise.all(Array.from({ length: 5 }, freePort))
  const storage = ['--quota_system=noop', '--storage_system=postgresql', `--postgresql_uri=${uri}`]
  const logServer = await startIn(options, 'trillian_log_server', {
    args: [...storage, `--rpc_endpoint=${HOST}:${rpc}`, `--http_endpoint=${HOST}:${http}`, '--logtostderr'],
    readyUrl: `http://${HOST}:${http}/healthz`,
  })
  const signer = await startIn(options, 'trillian_log_signer', {
    args: [
      ...storage,
      `--rpc_endpoint=${HOST}:${signerRpc}`,
      `--http_endpoint=${HOST}:${signerHttp}`,
      '--force_master',
      '--logtostderr',
    ],
    readyUrl: `http://${HOST}:${signerHttp}/healthz`,
  })
  const tree = execFileSync(binary('createtree'), [`--admin_server=${HOST}:${rpc}`], { stdio: 'pipe' })
  const rekor = await startIn(options, 'rekor-server', {
    args: [
      ...['serve', '--log_type', 'prod', '--rekor_server.address', HOST, '--port', String(port)],
      ...['--rekor_server.hostname', 'rekor.bench', '--rekor_server.signer', sec1Key(options, 'rekor')],
      ...['--trillian_log_server.address', HOST, '--trillian_log_server.port', String(rpc)],
      ...['--trillian_log_server.tlog_id', tree.toString().trim(), '--enable_retrieve_api=false'],
      '--enabled_api_endpoints=getLogInfo,getPublicKey,getLogProof,createLogEntry,getLogEntryByIndex,getLogEntryByUUID',
    ],
    readyUrl: `http://${HOST}:${port}/api/v1/log`,
  })
  return stock('rekor + Trillian + PostgreSQL', port ?? 0, {
    rekor,
    'log server': logServer,
    signer,
    database,
  })
}

export interface FulcioOptions extends StockOptions {
  readonly name: string
  readonly issuer: string
  readonly authority: AuthorityFiles
  /** Left out, certificates come without an SCT. */
  readonly ctUrl?: string
}

export async function startFulcio(options: FulcioOptions): Promise<Stock> {
  const { work, name, issuer, authority, ctUrl = '' } = options
  const [port, grpc, metrics] = await Promise.all(Array.from({ length: 3 }, freePort))
  const config = join(work, `fulcio-${port}.yaml`)
  writeFileSync(config, fulcioConfig(issuer))
  const fulcio = await startIn(options, 'fulcio', {
    args: [
      ...['serve', '--host', HOST, '--port', String(port), '--grpc-host', HOST, '--grpc-port', String(grpc)],
      ...[
        '--metrics-port',
        String(metrics),
        '--legacy-unix-domain-socket',
        join(work, `fulcio-${port}.sock`),
      ],
      ...['--config-path', config, '--log_type', 'prod', '--ca', 'fileca', '--fileca-watch=false'],
      ...['--fileca-cert', authority.chain, '--fileca-key', authority.key, '--fileca-key-passwd', 'unused'],
      `--ct-log-url=${ctUrl}`,
    ],
    readyUrl: `http://${HOST}:${port}/healthz`,
  })
  return stock(name, port ?? 0, { fulcio })
}

/** Its metrics port, 2112 on every address, cannot be set; rekor-server wants it too and does without. */
export async function startTimestampServer(options: StockOptions): Promise<Stock> {
  const port = await freePort()
  const tsa = await startIn(options, 'timestamp-server', {
    args: [
      ...['serve', '--host', HOST, '--port', String(port), '--log-type', 'prod', '--disable-ntp-monitoring'],
      ...['--timestamp-signer', 'file', '--file-signer-key-path', sec1Key(options, 'tsa')],
      ...['--certificate-chain-path', join(options.data, 'certificates', 'tsa.pem')],
    ],
    readyUrl: `http://${HOST}:${port}/ping`,
  })
  return stock('timestamp-server', port, { tsa })
}

function stock(name: string, port: number, parts: Readonly<Record<string, Running>>): Stock {
  const stop = async (): Promise<void> => {
    for (const part of Object.values(parts)) await part.stop()
  }
  return { name, port, parts, stop }
}

async function startPostgres({ work }: StockOptions): Promise<{ database: Running; uri: string }> {
  const port = await freePort()
  const folder = join(work, `postgres-${port}`)
  mkdirSync(folder)
  const asOwner = ownedByServer(folder)
  const data = join(folder, 'data')
  const run = (argv: readonly string[]): Buffer =>
    execFileSync(argv[0] ?? '', argv.slice(1), { cwd: folder, stdio: 'pipe' })
  run([...asOwner, postgresProgram('initdb'), '-D', data, '-U', 'bench', '-A', 'trust'])
  const where = ['-h', HOST, '-p', String(port), '-U', 'bench']
  const listening = ['-c', `listen_addresses=${HOST}`, '-p', String(port), '-k', '']
  const database = await start({
    argv: [...asOwner, postgresProgram('postgres'), '-D', data, ...listening],
    logFile: join(work, 'postgres.log'),
    cwd: folder,
    isReady: async () => succeeds(() => run([postgresProgram('pg_isready'), ...where])),
    stopSignal: 'SIGINT',
  })
  run([postgresProgram('createdb'), ...where, 'trillian'])
  const schema = join(peers, 'trillian-postgresql.sql')
  run([postgresProgram('psql'), '-q', ...where, '-d', 'trillian', '-f', schema])
  return { database, uri: `postgresql:///trillian?host=${HOST}&port=${port}&user=bench` }
}

/** PostgreSQL refuses root: there it runs as the user of the system's package. */
function ownedByServer(folder: string): readonly string[] {
  if (process.getuid?.() !== 0) return []
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  chownSync(folder, id('-u'), id('-g'))
  return ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups']
}

function postgresProgram(name: string): string {
  const [found] = globSync(`/usr/lib/postgresql/*/bin/${name}`).toSorted().toReversed()
  return found ?? name
}

function succeeds(work: () => unknown): boolean {
  try {
    work()
    return true
  } catch {
    return false
  }
}

interface Program {
  readonly args: readonly string[]
  readonly readyUrl: string
}

function startIn({ work }: StockOptions, name: string, { args, readyUrl }: Program): Promise<Running> {
  const options: StartOptions = {
    argv: [binary(name), ...args],
    logFile: join(work, `${name}.log`),
    isReady: () => answers(readyUrl),
  }
  return start(options)
}

function binary(name: string): string {
  const path = join(peers, 'bin', name)
  if (!existsSync(path)) throw new Error(`${path} is missing: run bench/peers`)
  return path
}

/** The form that rekor-server and timestamp-server read. */
function sec1Key({ work, data }: StockOptions, name: string): string {
  const path = join(work, `${name}.sec1.pem`)
  const key = createPrivateKey(readFileSync(join(data, 'keys', `${name}.pem`)))
  writeFileSync(path, key.export({ type: 'sec1', format: 'pem' }))
  chmodSync(path, 0o600)
  return path
}
