import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runProgram, startProgram } from './program.ts'

/** Debian's; elsewhere on the PATH. */
export const nginx =
  ['/usr/sbin/nginx', '/usr/bin/nginx', '/usr/local/bin/nginx'].find((path) => existsSync(path)) ??
  '/usr/sbin/nginx'

/** nginx with TLS and HTTP/2 before a server. */
export interface Front {
  /** `https://127.0.0.1:PORT` */
  readonly url: string
  /** PEM file: whoever trusts it, trusts the front. */
  readonly authorities: string
  stop(): void
}

export interface FrontOptions {
  readonly folder: string
  /** `127.0.0.1:PORT`, where it listens. */
  readonly address: string
  /** Of the server. */
  readonly upstream: string
}

export async function startFront({ folder, address, upstream }: FrontOptions): Promise<Front> {
  await mkdir(folder)
  const [key, certificate] = [join(folder, 'tls.key'), join(folder, 'tls.crt')]
  const made = await runProgram([
    ...['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-keyout', key, '-out', certificate, '-days', '30', '-subj', '/CN=front'],
    // Rustls takes no certificate of an authority for one of a server.
    ...['-addext', 'subjectAltName=IP:127.0.0.1', '-addext', 'basicConstraints=critical,CA:FALSE'],
  ])
  if (made.code !== 0) throw new Error(made.stderr)
  const configuration = join(folder, 'nginx.conf')
  await writeFile(configuration, configurationOf({ folder, address, upstream }))
  const child = startProgram([nginx, '-p', folder, '-c', configuration, '-e', 'stderr'])
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  while (!(await isListening(address))) {
    if (child.exitCode !== null) throw new Error(`nginx ended: ${said}`)
    await sleep(20)
  }
  return { url: `https://${address}`, authorities: certificate, stop: () => void child.kill('SIGTERM') }
}

/** As its packages set it up, but that everything is in the folder; and the Host header as the client has sent it. */
function configurationOf({ folder, address, upstream }: FrontOptions): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `daemon off;
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 1;
pid ${folder}/nginx.pid;
events {}
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
  server {
    listen ${address} ssl http2;
    ssl_certificate ${folder}/tls.crt;
    ssl_certificate_key ${folder}/tls.key;
    location / {
      proxy_pass ${upstream};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
    }
  }
}
`
}

function isListening(address: string): Promise<boolean> {
  const [host = '', port = ''] = address.split(':')
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port) })
    const end = (is: boolean): void => {
      socket.destroy()
      resolve(is)
    }
    socket.on('connect', () => end(true))
    socket.on('error', () => end(false))
  })
}
