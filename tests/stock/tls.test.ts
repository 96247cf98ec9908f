import { once } from 'node:events'
import { chmod, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { connect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cosign2, cosign3, present } from '../support/judges.ts'
import { runProgram, startProgram, type TiedProcess, wheelseal, type Outcome } from '../support/program.ts'
import { temporaryFolder } from '../support/server.ts'

let folder: { path: string; remove: () => Promise<void> }
let child: TiedProcess
let ready: { url: string; fingerprint: string }

/** A server with a certificate of its own, as on a private network: its authority stands in SSL_CERT_FILE. */
describe.runIf(present(cosign2, cosign3))('over TLS', () => {
  beforeAll(async () => {
    folder = await temporaryFolder()
    await newCertificate()
    const tls = ['--tls-cert', 'tls.crt', '--tls-key', 'tls.key', '--listen', 'localhost:0']
    child = startProgram([wheelseal, 'up', '--data', 'data', ...tls, '--json', '--quiet'], {
      cwd: folder.path,
    })
    child.stderr.resume()
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
    ready = JSON.parse(line) as typeof ready
  })
  afterAll(async () => {
    child.kill('SIGTERM')
    await once(child, 'exit')
    await folder.remove()
  })

  it('trust is fetched by its fingerprint, and with it cosign signs and verifies', async () => {
    const { url, fingerprint } = ready
    expect(url).toMatch(/^https:\/\/localhost:\d+$/)
    const from = ['--url', url, '--fingerprint', fingerprint]
    expect(await run(wheelseal, 'trust', 'export', '--out', '.', ...from)).toMatchObject({ code: 0 })
    const shown = await run(wheelseal, 'trust', 'show', ...from)
    expect(shown).toMatchObject({ code: 0, stdout: expect.stringContaining(fingerprint) as string })
    expect(await run(wheelseal, 'project', 'create', 'acme/tools', '--data', 'data')).toMatchObject({
      code: 0,
    })
    const token = await run(wheelseal, 'trust', 'token', '--project', 'acme/tools', '--data', 'data')
    const signing = ['--signing-config', 'signing_config.json', '--trusted-root', 'trusted_root.json']
    const as = ['--identity-token', token.stdout.trim()]
    const signed = await run(
      cosign3,
      'sign-blob',
      '--yes',
      ...as,
      ...signing,
      '--bundle',
      'b.json',
      'tls.crt',
    )
    expect(signed).toMatchObject({ code: 0 })
    const identity = `${url}/acme/tools//.gitlab-ci.yml@refs/heads/main`
    const by = ['--certificate-identity', identity, '--certificate-oidc-issuer', url]
    const verify = [
      'verify-blob',
      ...by,
      '--trusted-root',
      'trusted_root.json',
      '--bundle',
      'b.json',
      'tls.crt',
    ]
    expect((await run(cosign3, ...verify)).stderr).toContain('Verified OK')
    const initialized = await run(cosign2, 'initialize', '--mirror', `${url}/tuf`, '--root', 'root.json')
    expect(initialized).toMatchObject({ code: 0 })
  })

  it('SIGHUP makes the server use a new certificate, and nothing else', async () => {
    const before = await certificateOf(ready.url)
    await newCertificate()
    child.kill('SIGHUP')
    await expect.poll(() => certificateOf(ready.url), { timeout: 20_000 }).not.toBe(before)
    expect(await run('curl', '--fail', '--cacert', 'tls.crt', `${ready.url}/readyz`)).toMatchObject({
      code: 0,
    })
  })

  it('nothing is written for another fingerprint, or where the certificate is not known', async () => {
    const to = ['trust', 'export', '--out', 'none', '--url', ready.url, '--fingerprint']
    const wrong = await run(wheelseal, ...to, `sha256:${'0'.repeat(64)}`)
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('[client.fingerprint-mismatch]')])
    const unknown = await runProgram([wheelseal, ...to, ready.fingerprint], { cwd: folder.path })
    expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining('[net.unreachable]')])
    await expect(readFile(join(folder.path, 'none', 'root.json'))).rejects.toThrow('ENOENT')
  })

  async function newCertificate(): Promise<void> {
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
    const files = ['-keyout', 'tls.key', '-out', 'tls.crt', '-days', '2', '-nodes']
    const made = await run('openssl', 'req', '-x509', '-newkey', 'rsa:2048', ...files, ...subject)
    expect(made).toMatchObject({ code: 0 })
    await chmod(join(folder.path, 'tls.key'), 0o600)
  }

  function run(...argv: string[]): Promise<Outcome> {
    const home = { HOME: folder.path, TUF_ROOT: join(folder.path, 'cache') }
    return runProgram(argv, {
      cwd: folder.path,
      env: { SSL_CERT_FILE: join(folder.path, 'tls.crt'), ...home },
    })
  }
})

async function certificateOf(url: string): Promise<string> {
  const { hostname: host, port } = new URL(url)
  const socket = connect({ host, port: Number(port), rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const { fingerprint256 } = socket.getPeerCertificate()
  socket.destroy()
  return fingerprint256
}
