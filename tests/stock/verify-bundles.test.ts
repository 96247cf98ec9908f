import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { bundleClients, openBench, type Bench } from '../support/bundle-clients.ts'
import { cosign2, cosign3, present, sigstorePython } from '../support/judges.ts'
import { runCut } from '../support/no-network.ts'
import { runProgram, wheelseal, type Outcome } from '../support/program.ts'

const LONG_MS = 120_000
let bench: Bench

/** What stock clients write, against `wheelseal up`. */
describe.runIf(present(cosign2, cosign3, sigstorePython))('wheelseal verify with whole seals', () => {
  beforeAll(async () => {
    bench = await openBench()
    return bench.stop
  }, LONG_MS)

  it.each(Object.entries(bundleClients))(
    'takes the bundle of %s that lies beside the file, without any network',
    async (name, client) => {
      const folder = name.replaceAll(' ', '-')
      await mkdir(join(bench.path, folder))
      for (const file of ['file', 'other'])
        await copyFile(join(bench.path, file), join(bench.path, folder, file))
      const signed = await client.sign(bench, `${folder}/file.sigstore.json`)
      expect(signed.code, signed.stderr).toBe(0)
      const good = await alone(`${folder}/file`)
      expect(good.code, good.stderr).toBe(0)
      expect(good.stdout).toContain('was signed by')
      expect(good.stdout).not.toContain('log entry was fetched')
      const bundle = ['--bundle', `${folder}/file.sigstore.json`]
      expect((await alone(...bundle, `${folder}/other`)).stderr).toContain('[verify.signature]')
      expect((await alone('--ref', 'stable', `${folder}/file`)).stderr).toContain('[verify.identity]')
      await writeFile(join(bench.path, folder, 'file.sigstore.json'), '{"mediaType":"x"}')
      const malformed = await alone(`${folder}/file`)
      expect(malformed.code).toBe(1)
      expect(malformed.stderr).toContain('[verify.bundle]')
    },
    LONG_MS,
  )

  it(
    'takes the attestation of cosign 2.2.3 in its old bundle, as an attestation alone',
    async () => {
      await writeFile(join(bench.path, 'predicate.json'), '{"a":1}')
      const { url } = bench.server
      const attested = await withCosign2(
        ...['attest-blob', '--yes', '--identity-token', await bench.token(), '--type', 'custom'],
        ...['--fulcio-url', url, '--rekor-url', url, '--predicate', 'predicate.json'],
        ...['--bundle', 'old.json', '--output-signature', 'old.intoto.jsonl', 'file'],
      )
      expect(attested.code, attested.stderr).toBe(0)
      const who = ['--certificate-identity', bench.identity, '--certificate-oidc-issuer', url]
      const given = ['--bundle', 'old.json', '--signature', 'old.intoto.jsonl', '--type', 'custom']
      for (const [file, code] of [
        ['file', 0],
        ['other', 1],
      ] as const) {
        const asked = await withCosign2('verify-blob-attestation', ...given, ...who, file)
        expect(asked.code, asked.stderr).toBe(code)
        const verified = await alone('--bundle', 'old.json', file)
        expect(verified.code, verified.stderr).toBe(code)
        expect(verified.stderr).toContain(code === 0 ? '' : '[verify.attestation]')
      }
    },
    LONG_MS,
  )

  it(
    'takes what a policy requires from what the seal has',
    async () => {
      const signed = await bundleClients['cosign 3.1.2'].sign(bench, 'demo-1.0.tar.gz.sigstore.json')
      expect(signed.code, signed.stderr).toBe(0)
      await copyFile(join(bench.path, 'file'), join(bench.path, 'demo-1.0.tar.gz'))
      const under = async (requires: string): Promise<Outcome> => {
        await writeFile(join(bench.path, 'policy.toml'), policy(requires))
        const from = ['--trusted-root', 'trusted_root.json', '--offline', '--policy', 'policy.toml']
        return cut(...from, 'demo-1.0.tar.gz')
      }
      const both = await under('"bundle", "timestamp"')
      expect(both.code, both.stderr).toBe(0)
      expect((await under('"attestation"')).stderr).toContain('requires an attestation')
    },
    LONG_MS,
  )
})

/** With the keys of the trust export, as cosign.env has them. */
function withCosign2(...args: readonly string[]): Promise<Outcome> {
  const of = (name: string): string => join(bench.path, name)
  const env = {
    SIGSTORE_ROOT_FILE: of('fulcio.pem'),
    SIGSTORE_REKOR_PUBLIC_KEY: of('rekor.pub'),
    SIGSTORE_CT_LOG_PUBLIC_KEY_FILE: of('ctfe.pub'),
  }
  return runProgram([cosign2, ...args], { cwd: bench.path, env: { HOME: bench.path, ...env } })
}

function alone(...args: readonly string[]): Promise<Outcome> {
  const by = ['--project', 'acme/tools', '--certificate-oidc-issuer', bench.server.url]
  return cut(...by, '--trusted-root', 'trusted_root.json', ...args)
}

function cut(...args: readonly string[]): Promise<Outcome> {
  return runCut([wheelseal, 'verify', ...args], { cwd: bench.path, env: { HOME: bench.path } })
}

function policy(requires: string): string {
  return `version = 1
[[rules]]
names = ["demo"]
require = [${requires}]
[[rules.any_of]]
issuer = "${bench.server.url}"
project = "acme/tools"
refs = ["refs/heads/main"]
`
}
