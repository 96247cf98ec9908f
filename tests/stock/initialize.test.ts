import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { cosign2, cosign3, present } from '../support/judges.ts'
import { runProgram, type Outcome } from '../support/program.ts'
import { startServerWithFiles, type Server } from '../support/server.ts'

let server: Server
let folder: string

/** Nothing in the environment: everything comes from the TUF repository of wheelseal up. */
describe.runIf(present(cosign2, cosign3))('cosign after initialize', () => {
  beforeAll(async () => {
    const started = await startServerWithFiles()
    ;({ server, path: folder } = started)
    return started.stop
  })

  it('2.2.3 signs and verifies, and refuses another file', async () => {
    await initialize(cosign2)
    const token = String((await server.admin('trust', 'token', '--project', 'acme/tools'))['token'])
    const services = [`--fulcio-url=${server.url}`, `--rekor-url=${server.url}`, '--identity-token', token]
    const out = ['--output-signature', 'file.sig', '--output-certificate', 'file.crt']
    expect(await run(cosign2, 'sign-blob', '--yes', ...services, ...out, 'file')).toMatchObject({ code: 0 })
    expect((await verify(cosign2, 'file')).stderr).toContain('Verified OK')
    expect((await verify(cosign2, 'other')).code).toBe(1)
  })

  it('3.1.2 verifies what 2.2.3 signed, and refuses another file', async () => {
    await initialize(cosign3)
    const old = '--new-bundle-format=false'
    expect((await verify(cosign3, 'file', old)).stderr).toContain('Verified OK')
    expect((await verify(cosign3, 'other', old)).code).toBe(1)
  })

  it('3.1.2 signs and verifies without any flag that names a service', async () => {
    await initialize(cosign3)
    const token = String((await server.admin('trust', 'token', '--project', 'acme/tools'))['token'])
    const bundle = ['--bundle', 'file.json']
    const signed = await run(cosign3, 'sign-blob', '--yes', '--identity-token', token, ...bundle, 'file')
    expect(signed).toMatchObject({ code: 0 })
    expect((await run(cosign3, 'verify-blob', ...by(), ...bundle, 'file')).stderr).toContain('Verified OK')
  })

  async function initialize(cosign: string): Promise<void> {
    const done = await run(cosign, 'initialize', '--mirror', `${server.url}/tuf`, '--root', 'root.json')
    expect(done).toMatchObject({ code: 0 })
  }

  function verify(cosign: string, file: string, ...flags: string[]): Promise<Outcome> {
    const pair = ['--signature', 'file.sig', '--certificate', 'file.crt', '--rekor-url', server.url]
    return run(cosign, 'verify-blob', ...flags, ...pair, ...by(), file)
  }

  function by(): string[] {
    const identity = `https://${new URL(server.url).host}/acme/tools//.gitlab-ci.yml@refs/heads/main`
    return ['--certificate-identity', identity, '--certificate-oidc-issuer', server.url]
  }

  function run(cosign: string, ...args: string[]): Promise<Outcome> {
    const cache = join(folder, cosign === cosign2 ? 'cache-2' : 'cache-3')
    const env = { TUF_ROOT: cache, HOME: folder }
    return runProgram([cosign, ...args], { cwd: folder, env })
  }
})
