/** What the registry is measured against: the Python servers of `bench/peers registry`, nginx, and Node with nothing on it. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { node } from './commands.ts'
import { answers, freePort, start, type Running } from './processes.ts'
import { peers } from './stock.ts'
import { hasWrk } from './wrk.ts'

export interface Peer extends Running {
  readonly url: string
}

const HOST = '127.0.0.1'
const python = join(peers, 'registry', 'bin')

/** Throws with all that is not there. */
export function needRegistryPeers(): void {
  const missing: string[] = []
  if (!hasWrk()) missing.push('wrk is missing: install the package wrk')
  if (nginxProgram() === undefined) missing.push('nginx is missing: install the package nginx')
  if (!existsSync(join(python, 'gunicorn'))) missing.push(`${python} is missing: run bench/peers registry`)
  if (missing.length > 0) throw new Error(missing.join('\n'))
}

function nginxProgram(): string | undefined {
  return ['/usr/sbin/nginx', '/usr/local/sbin/nginx', '/usr/bin/nginx'].find((path) => existsSync(path))
}

/** As its container image runs it, without the log of requests: one process, two threads. `index` is its upstream. */
export async function startProxpi(work: string, index: string): Promise<Peer> {
  const port = await freePort()
  const url = `http://${HOST}:${port}`
  const setting = ['env', `PROXPI_INDEX_URL=${index}`, 'PROXPI_LOGGING_LEVEL=WARNING']
  const serving = ['--preload', '--bind', `${HOST}:${port}`, '--threads', '2', '--no-control-socket']
  const running = await start({
    argv: [...setting, join(python, 'gunicorn'), ...serving, 'proxpi.server:app'],
    logFile: join(work, 'proxpi.log'),
    isReady: () => answers(`${url}/health`),
  })
  return { ...running, url }
}

/** On gunicorn, and with its cache of file lists and digests. Everybody may upload, and take longer than 30 seconds. */
export async function startPypiserver(work: string, packages: string): Promise<Peer> {
  const port = await freePort()
  const url = `http://${HOST}:${port}`
  const backend = ['--server', 'gunicorn', '--backend', 'cached-dir', '--disable-fallback']
  const where = ['-i', HOST, '-p', String(port), '-a', '.', '-P', '.', packages]
  const running = await start({
    argv: [
      'env',
      'GUNICORN_CMD_ARGS=--timeout=120',
      join(python, 'pypi-server'),
      'run',
      ...backend,
      ...where,
    ],
    logFile: join(work, 'pypiserver.log'),
    isReady: () => answers(`${url}/health`),
  })
  return { ...running, url }
}

/** As Debian sets it up, without the log of requests. */
export function startNginx(work: string, root: string): Promise<Peer> {
  return startConfigured(join(work, 'nginx-own'), `root ${root};`)
}

/** The same as a cache in front of an index, which it asks as nginx does by default. */
export function startNginxCache(work: string, index: string): Promise<Peer> {
  const folder = join(work, 'nginx-cache')
  const kept = `proxy_cache index; proxy_cache_valid 200 1h; proxy_cache_key $uri$http_accept;`
  const locations = `location / { proxy_pass ${index}; ${kept} }`
  return startConfigured(
    folder,
    locations,
    `proxy_cache_path ${folder}/kept keys_zone=index:10m max_size=10g;`,
  )
}

async function startConfigured(folder: string, serving: string, zones = ''): Promise<Peer> {
  const port = await freePort()
  const url = `http://${HOST}:${port}`
  mkdirSync(folder, { recursive: true })
  const configuration = join(folder, 'nginx.conf')
  writeFileSync(configuration, nginxConfiguration({ folder, port, serving, zones }))
  const running = await start({
    argv: [nginxProgram() ?? '', '-c', configuration, '-e', join(folder, 'error.log')],
    logFile: join(folder, 'nginx.log'),
    isReady: () => answers(`${url}/ready`),
  })
  return { ...running, url }
}

interface NginxPlaces {
  readonly folder: string
  readonly port: number
  /** Of its one server. */
  readonly serving: string
  readonly zones: string
}

function nginxConfiguration({ folder, port, serving, zones }: NginxPlaces): string {
  const own = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  const temporary = own.map((name) => `${name}_temp_path ${folder}/${name};`)
  return `daemon off;
worker_processes auto;
pid ${folder}/nginx.pid;
events { worker_connections 768; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  default_type application/octet-stream;
  ${temporary.join('\n  ')}
  ${zones}
  server {
    listen ${HOST}:${port};
    ${serving}
    location = /ready { return 200; }
  }
}
`
}

/** Every file of a folder, from memory. */
export async function startBareNode(work: string, folder: string): Promise<Peer> {
  const port = await freePort()
  const url = `http://${HOST}:${port}`
  const running = await start({
    argv: [node, join(import.meta.dirname, 'bare-server.ts'), String(port), folder],
    logFile: join(work, 'bare-node.log'),
    isReady: () => answers(`${url}/eight`),
  })
  return { ...running, url }
}

/** Of gunicorn, for the head of a table. */
export function peerVersions(): string {
  const code = `from importlib.metadata import version
print(", ".join(f"{name} {version(name)}" for name in ("proxpi", "pypiserver", "gunicorn")))`
  const pythons = execFileSync(join(python, 'python'), ['-c', code], { encoding: 'utf8' }).trim()
  const nginx = execFileSync('sh', ['-c', `"${nginxProgram()}" -v 2>&1`], { encoding: 'utf8' })
  return `${pythons}, nginx ${nginx.trim().split('/').at(-1)}`
}
