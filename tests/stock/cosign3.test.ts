import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { cosign3, present } from '../support/judges.ts'
import { runProgram, type Outcome } from '../support/program.ts'
import { startServerWithFiles, type Server } from '../support/server.ts'

let server: Server
let folder: string

describe.runIf(present(cosign3))('cosign 3.1.2 against wheelseal up', () => {
  beforeAll(async () => {
    const started = await startServerWithFiles()
    ;({ server, path: folder } = started)
    return started.stop
  })

  const files = ['--signing-config', 'signing_config.json', '--trusted-root', 'trusted_root.json']

  it('signs with a signing config, log entry and timestamp in one bundle, and verifies offline', async () => {
    expect(await sign(...files, '--bundle', 'file.json')).toMatchObject({ code: 0 })
    const verified = await verify('file', '--trusted-root', 'trusted_root.json', '--bundle', 'file.json')
    expect(verified.stderr).toContain('Verified OK')
  })

  it.each([
    ['another file', 'other', []],
    ['another identity', 'file', ['--certificate-identity', 'https://x']],
    ['another issuer', 'file', ['--certificate-oidc-issuer', 'https://x']],
  ])('refuses %s', async (_what, file, by) => {
    const bundle = ['--trusted-root', 'trusted_root.json', '--bundle', 'file.json']
    expect((await verify(file, ...bundle, ...by)).code).not.toBe(0)
  })

  it('signs and verifies after initialize, without any flag that names a service', async () => {
    const initialized = await cosign('initialize', '--mirror', `${server.url}/tuf`, '--root', 'root.json')
    expect(initialized).toMatchObject({ code: 0 })
    expect(await sign('--bundle', 'tuf.json')).toMatchObject({ code: 0 })
    expect((await verify('file', '--bundle', 'tuf.json')).stderr).toContain('Verified OK')
  })

  async function sign(...flags: string[]): Promise<Outcome> {
    const token = String((await server.admin('trust', 'token', '--project', 'acme/tools'))['token'])
    return cosign('sign-blob', '--yes', '--identity-token', token, ...flags, 'file')
  }

  function verify(file: string, ...flags: string[]): Promise<Outcome> {
    const identity = `https://${new URL(server.url).host}/acme/tools//.gitlab-ci.yml@refs/heads/main`
    const by = ['--certificate-identity', identity, '--certificate-oidc-issuer', server.url]
    return cosign('verify-blob', ...by, ...flags, file)
  }

  function cosign(...args: string[]): Promise<Outcome> {
    const env = { TUF_ROOT: join(folder, 'cache'), HOME: folder }
    return runProgram([cosign3, ...args], { cwd: folder, env })
  }
})
