import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock, systemEntropy } from '../host/index.ts'
import {
  createJobAuthority,
  startStandIns,
  STAND_IN_HOSTS,
  type JobAuthority,
  type StandIns,
} from './index.ts'

const run = promisify(execFile)
const hosts = STAND_IN_HOSTS.map(({ host }) => host)
const COSIGN = '#!/bin/sh\necho cosign\n'

let folder: string
let authority: JobAuthority
let standIns: StandIns
const ports = new Map<string, number>()
const undo: (() => unknown)[] = []
const asked: { method: string; url: string; host: string | undefined; body: string }[] = []

/** Stock clients over loopback; each host is at 127.0.0.1 on a port of its own kind. */
describe('the stand-ins of a rehearsal', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ws-'))
    undo.push(() => rm(folder, { recursive: true }))
    await writeFile(join(folder, 'cosign'), COSIGN)
    authority = createJobAuthority(hosts, { clock: systemClock, entropy: systemEntropy })
    await writeFile(join(folder, 'ca.pem'), authority.certificate)
    const services = createHttpServer((incoming, outgoing) => void answerAsServices(incoming, outgoing))
    services.listen(0, '127.0.0.1')
    await once(services, 'listening')
    undo.push(() => services.close())
    const upstream = { host: '127.0.0.1', port: (services.address() as AddressInfo).port, name: 'gitlab.com' }
    standIns = await startStandIns({
      folder,
      authority,
      services: upstream,
      cosignFile: join(folder, 'cosign'),
    })
    undo.push(() => standIns.close())
    for (const host of hosts) ports.set(host, await relayed(host, 443))
  })
  afterAll(async () => {
    for (const step of undo.toReversed()) await step()
  })

  it.each(hosts)('is %s to curl, which trusts the authority alone', async (host) => {
    const { stdout } = await curl(`https://${host}/healthz`, '--write-out', '%{http_code}')
    expect(stdout).toMatch(/(?:200|404)$/)
  })

  it('is nobody to curl without the authority', async () => {
    const plain = run('curl', [
      '-sS',
      '--connect-to',
      `::127.0.0.1:${ports.get('gitlab.com')}`,
      'https://gitlab.com/',
    ])
    await expect(plain).rejects.toMatchObject({ code: 60 })
  })

  it('gives a client that follows redirects the release of cosign, and others the redirect', async () => {
    const output = join(folder, 'downloaded')
    const url = 'https://github.com/sigstore/cosign/releases/download/v2.2.3/cosign-linux-amd64'
    const { stdout } = await curl(
      url,
      '--location',
      '--output',
      output,
      '--write-out',
      '%{num_redirects} %{http_code}',
    )
    expect(stdout).toBe('1 200')
    const { stdout: first } = await curl(url, '--write-out', '%{http_code}')
    expect(first).toBe('302')
    const { stdout: file } = await run('cat', [output])
    expect(file).toBe(COSIGN)
  })

  it('is accepted by OpenSSL, which checks the constraints', async () => {
    await writeFile(join(folder, 'leaf.pem'), authority.servers.get('gitlab.com')!.cert)
    const args = [
      'verify',
      '-x509_strict',
      '-CAfile',
      join(folder, 'ca.pem'),
      '-verify_hostname',
      'gitlab.com',
    ]
    const { stdout } = await run('openssl', [...args, join(folder, 'leaf.pem')])
    expect(stdout).toMatch(/OK/)
  })

  it('has an authority that can be nobody else', async () => {
    const { stdout } = await run('openssl', ['x509', '-noout', '-text', '-in', join(folder, 'ca.pem')])
    expect(stdout).toMatch(/Name Constraints: critical/)
    expect(stdout).toMatch(/pathlen:0/)
    expect([...stdout.matchAll(/DNS:(\S+)/g)].map(([, name]) => name)).toEqual(hosts)
    expect(stdout).toMatch(/Excluded:\s+IP:0\.0\.0\.0\/0\.0\.0\.0/)
  })

  it('hands requests to the services with their method, path, query, body and name', async () => {
    asked.length = 0
    await writeFile(join(folder, 'body'), 'x'.repeat(100_000))
    const upload = ['--upload-file', join(folder, 'body'), '--write-out', '%{http_code}']
    const { stdout } = await curl('https://gitlab.com/api/v4/projects/1/packages/generic/a?b=c', ...upload)
    expect(stdout).toBe('answer201')
    expect(asked).toEqual([
      {
        method: 'PUT',
        url: '/api/v4/projects/1/packages/generic/a?b=c',
        host: 'gitlab.com',
        body: 'x'.repeat(100_000),
      },
    ])
  })

  it.each([
    ['gitlab.com', '/api/v4/version', true],
    ['gitlab.com', '/.well-known/openid-configuration', true],
    ['gitlab.com', '/api/v1/log/entries', false],
    ['gitlab.com', '/api/v2/signingCert', false],
    ['gitlab.com', '/tuf/root.json', false],
    ['gitlab.com', '/metrics', false],
    ['fulcio.sigstore.dev', '/api/v2/signingCert', true],
    ['fulcio.sigstore.dev', '/api/v1/log', false],
    ['fulcio.sigstore.dev', '/api/v4/projects', false],
    ['rekor.sigstore.dev', '/api/v1/log/entries', true],
    ['rekor.sigstore.dev', '/api/v1/index/retrieve', true],
    ['rekor.sigstore.dev', '/api/v1/signingCert', false],
    ['rekor.sigstore.dev', '/api/v4/user', false],
    ['rekor.sigstore.dev', '/api/v1/log/../../v4/user', false],
    ['github.com', '/', false],
    ['github.com', '/sigstore/cosign/releases/download/v2.2.3/cosign-darwin-amd64', false],
    ['objects.githubusercontent.com', '/other', false],
  ])('%s%s: answered by the services: %s', async (host, path, isAnswered) => {
    asked.length = 0
    const { stdout } = await curl(`https://${host}${path}`, '--path-as-is', '--write-out', '%{http_code}')
    expect(asked.length > 0).toBe(isAnswered)
    if (!isAnswered) expect(stdout).toMatch(/does not imitate[^]*404$/)
  })

  it('answers no host but that of the connection', async () => {
    asked.length = 0
    const { stdout } = await curl(
      'https://fulcio.sigstore.dev/healthz',
      '-H',
      'Host: gitlab.com',
      '-w',
      '%{http_code}',
    )
    expect(stdout).toMatch(/421$/)
    expect(asked).toEqual([])
  })

  it('shows the certificate of its own host alone, whatever name it is asked for', async () => {
    const port = ports.get('github.com')!
    const socket = connectTls({ port, servername: 'gitlab.com', rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    expect(socket.getPeerCertificate().subjectaltname).toBe('DNS:github.com')
    socket.destroy()
  })

  it('says 502 when the services are gone, and goes on', async () => {
    asked.length = 0
    const { stdout } = await curl('https://gitlab.com/broken', '--write-out', '%{http_code}')
    expect(stdout).toMatch(/did not answer\s502$/)
    expect((await curl('https://gitlab.com/fine')).stdout).toBe('answer')
  })

  it('sends plain HTTP to HTTPS', async () => {
    const plain = await relayed('gitlab.com', 80)
    const { stdout } = await run('curl', [
      '-sS',
      '--connect-to',
      `::127.0.0.1:${plain}`,
      '-o',
      '/dev/null',
      '-w',
      '%{http_code} %{redirect_url}',
      'http://gitlab.com/a?b',
    ])
    expect(stdout).toBe('301 https://gitlab.com/a?b')
  })
})

async function answerAsServices(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  let body = ''
  for await (const chunk of incoming) body += String(chunk)
  asked.push({ method: incoming.method!, url: incoming.url!, host: incoming.headers.host, body })
  if (incoming.url === '/broken') incoming.socket.destroy()
  else outgoing.writeHead(incoming.method === 'PUT' ? 201 : 200).end('answer')
}

/** A TCP port in front of one socket of the stand-ins. */
async function relayed(name: string, to: 443 | 80): Promise<number> {
  const standIn = standIns.standIns.find(({ host }) => host === name)
  const server = createServer((socket: Socket) => {
    const other = standIn!.connect(to).on('error', () => socket.destroy())
    socket
      .on('error', () => other.destroy())
      .pipe(other)
      .pipe(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  undo.push(() => server.close())
  return (server.address() as AddressInfo).port
}

function curl(url: string, ...more: string[]): Promise<{ stdout: string }> {
  const to = hosts.flatMap((host) => ['--connect-to', `${host}::127.0.0.1:${ports.get(host)}`])
  return run('curl', ['-sS', '--cacert', join(folder, 'ca.pem'), ...to, ...more, url])
}
