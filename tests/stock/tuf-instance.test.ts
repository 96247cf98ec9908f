import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SerializedBundle } from '@sigstore/bundle'
import { sign, verify } from 'sigstore'
import { beforeAll, describe, expect, it } from 'vitest'
import { openBench, run, type Bench } from '../support/bundle-clients.ts'
import { present, sigstorePython } from '../support/judges.ts'
import type { Outcome } from '../support/program.ts'
import { asOutcome, exactly } from '../support/sigstore-js.ts'

const LONG_MS = 120_000

let bench: Bench
let mirror: string

/** Nothing but the address of the TUF repository and its root.json. */
describe.runIf(present(sigstorePython))('with the TUF repository of wheelseal up alone', () => {
  beforeAll(async () => {
    bench = await openBench()
    mirror = `${bench.server.url}/tuf`
    return bench.stop
  })

  it(
    'sigstore-python trusts the instance once, then signs, verifies and refuses another file',
    { timeout: LONG_MS },
    async () => {
      succeeded(await python('trust-instance', 'root.json'))
      const token = await bench.token()
      succeeded(await python('sign', '--identity-token', token, '--bundle', 'python.json', 'file'))
      const by = ['--cert-identity', bench.identity, '--cert-oidc-issuer', bench.server.url]
      const verified = (file: string): Promise<Outcome> =>
        python('verify', 'identity', '--bundle', 'python.json', ...by, file)
      succeeded(await verified('file'))
      const { code, stderr } = await verified('other')
      expect(stderr).toContain('digest mismatch')
      expect(code).toBe(1)
    },
  )

  it('sigstore-js signs with the addresses of the services, verifies and refuses as it should', async () => {
    const data = await read('file')
    const { url } = bench.server
    const bundle = await sign(data, { fulcioURL: url, rekorURL: url, identityToken: await bench.token() })
    succeeded(await javascript(bundle, data))
    expect((await javascript(bundle, await read('other'))).stderr).toContain('signature verification failed')
    expect((await javascript(bundle, data, 'https://x')).stderr).toContain('identity')
  })
})

function python(...args: string[]): Promise<Outcome> {
  return run(bench, [sigstorePython, '--instance', mirror, ...args])
}

function javascript(
  bundle: SerializedBundle,
  data: Buffer,
  identity: string = bench.identity,
): Promise<Outcome> {
  return asOutcome(() =>
    verify(bundle, data, {
      tufMirrorURL: mirror,
      tufRootPath: join(bench.path, 'root.json'),
      tufCachePath: join(bench.path, 'sigstore-js'),
      certificateIdentityURI: exactly(identity),
      certificateIssuer: bench.server.url,
    }),
  )
}

function read(name: string): Promise<Buffer> {
  return readFile(join(bench.path, name))
}

function succeeded({ code, stderr }: Outcome): void {
  expect(code, stderr).toBe(0)
}
