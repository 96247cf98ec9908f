import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ownAddress } from '../../src/host/arrange.ts'
import { makeTlsIdentity, serveProxy } from '../../src/net/arrange.ts'
import { runProgram, wheelseal, type Outcome } from '../support/program.ts'
import { startServer, temporaryFolder } from '../support/server.ts'

const LONG_MS = 120_000
/** A name that no resolver knows: only the proxy brings anybody there. */
const EXTERNAL = 'https://service.test'

let path: string
let proxy: Awaited<ReturnType<typeof serveProxy>>

/** As in a closed network: a name of its own, an authority of its own, and a proxy in between. */
describe('wheelseal verify behind a proxy, with a private authority', () => {
  beforeAll(async () => {
    const folder = await temporaryFolder()
    path = folder.path
    const { key, cert } = makeTlsIdentity()
    await writeFile(join(path, 'tls.key'), key, { mode: 0o600 })
    await writeFile(join(path, 'tls.crt'), cert)
    const address = await ownAddress()
    proxy = await serveProxy(new URL(`http://${address}`).port)
    const tls = ['--tls-cert', join(path, 'tls.crt'), '--tls-key', join(path, 'tls.key')]
    const at = ['--listen', address, '--external-url', EXTERNAL]
    const server = await startServer(join(path, 'data'), [wheelseal], [...at, ...tls])
    await server.admin('project', 'create', 'acme/tools')
    await server.admin('trust', 'export', '--out', path)
    const { token } = await server.admin('trust', 'token', '--project', 'acme/tools')
    await mkdir(join(path, 'pair'))
    await writeFile(join(path, 'pair/file'), 'the bytes of a file')
    await writeFile(join(path, 'token'), String(token))
    const by = ['--identity-token-file', 'token', '--signing-config', 'signing_config.json']
    const signed = await run(['sign', ...by, 'pair/file'], behind())
    expect(signed.code, signed.stderr).toBe(0)
    await rename(join(path, 'pair/file.sigstore.json'), join(path, 'bundle.json'))
    return async () => {
      await server.stop()
      proxy.close()
      await folder.remove()
    }
  }, LONG_MS)

  beforeEach(() => {
    proxy.asked.length = 0
  })

  it(
    'asks the log through it',
    async () => {
      const { code, stdout, stderr } = await verify(['--trusted-root', 'trusted_root.json'], behind())
      expect(code, stderr).toBe(0)
      expect(stdout).toContain(`the log entry was fetched from ${EXTERNAL}`)
      expect(new Set(proxy.asked)).toEqual(new Set(['CONNECT service.test:443']))
    },
    LONG_MS,
  )

  it(
    'follows the TUF repository through it',
    async () => {
      const from = ['--tuf-url', `${EXTERNAL}/tuf`, '--tuf-root', 'root.json', '--bundle', 'bundle.json']
      const { code, stderr } = await verify(from, behind())
      expect(code, stderr).toBe(0)
      expect(proxy.asked).not.toEqual([])
    },
    LONG_MS,
  )

  it.each<[string, Readonly<Record<string, string>>, string]>([
    ['an authority that nobody named', { SSL_CERT_FILE: '' }, 'net.unreachable'],
    ['a file of authorities that is none', { SSL_CERT_FILE: 'token' }, 'net.authorities'],
    ['a proxy that is not there', { HTTPS_PROXY: 'http://127.0.0.1:1' }, 'net.unreachable'],
    ['a proxy variable that is no URL', { HTTPS_PROXY: 'gopher://x' }, 'net.proxy'],
  ])(
    'refuses %s with its reason, and checks all else',
    async (_what, env, reason) => {
      const args = ['--trusted-root', 'trusted_root.json', '--json']
      const { code, stdout } = await verify(args, { ...behind(), ...env })
      expect([code, JSON.parse(stdout)]).toEqual([1, expect.objectContaining({ verified: false, reason })])
      const { checks } = JSON.parse(stdout) as { readonly checks: readonly { readonly name: string }[] }
      expect(checks).toContainEqual(expect.objectContaining({ name: 'signature', outcome: 'passed' }))
    },
    LONG_MS,
  )

  it(
    'needs neither for a bundle and a trust root',
    async () => {
      const args = ['--trusted-root', 'trusted_root.json', '--bundle', 'bundle.json']
      expect(await verify(args, { HTTPS_PROXY: 'gopher://x' })).toMatchObject({ code: 0 })
      expect(proxy.asked).toEqual([])
    },
    LONG_MS,
  )
})

function behind(): Readonly<Record<string, string>> {
  return { HTTPS_PROXY: proxy.url, NO_PROXY: '', no_proxy: '', SSL_CERT_FILE: join(path, 'tls.crt') }
}

function verify(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Outcome> {
  const by = ['--project', 'acme/tools', '--certificate-oidc-issuer', EXTERNAL]
  return run(['verify', ...by, ...args, 'pair/file'], env)
}

function run(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Outcome> {
  return runProgram([wheelseal, ...args], { cwd: path, env: { HOME: path, XDG_CACHE_HOME: '', ...env } })
}
