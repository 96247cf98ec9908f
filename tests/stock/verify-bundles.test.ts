import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  artifactOf,
  exactly,
  trustRootFromJson,
  verifyBundle,
  type TrustRoot,
  type Verdict,
} from '../../src/verify/index.ts'
import { bundleClients, openBench, run, type Bench } from '../support/bundle-clients.ts'
import { cosign2, cosign3, present, sigstorePython } from '../support/judges.ts'
import { runCut } from '../support/no-network.ts'
import { runProgram, wheelseal, type Outcome } from '../support/program.ts'

const LONG_MS = 120_000
let bench: Bench
let trustRoot: TrustRoot
let file: Uint8Array

const names = Object.keys(bundleClients) as (keyof typeof bundleClients)[]
const sealOf = (name: string) => `${name}.json`
const attestationOf = (name: string) => `${name}.attestation.json`

/** What stock clients seal and attest with `wheelseal up`, each once. */
describe.runIf(present(cosign2, cosign3, sigstorePython))('what stock clients seal with wheelseal up', () => {
  beforeAll(async () => {
    bench = await openBench()
    trustRoot = trustRootFromJson(await readFile(join(bench.path, 'trusted_root.json'), 'utf8'))
    file = new Uint8Array(await readFile(join(bench.path, 'file')))
    for (const name of names) {
      succeeded(await bundleClients[name].sign(bench, sealOf(name)))
      succeeded(await bundleClients[name].attest(bench, attestationOf(name)))
    }
    return bench.stop
  }, LONG_MS)

  describe('verifies by the library', () => {
    it.each(names)('a file by %s', (name) => expectSeal(sealOf(name)))

    it.each(names)('an attestation by %s', async (name) => {
      await expectSeal(attestationOf(name), 'file')
      const ofOther = await judge(attestationOf(name), { fileName: 'other' })
      expect(ofOther).toMatchObject({ reason: 'verify.attestation' })
    })

    it('the old bundle of cosign 2.2.3', async () => {
      const { url } = bench.server
      const services = ['--yes', `--fulcio-url=${url}`, `--rekor-url=${url}`]
      const by = ['--identity-token', await bench.token()]
      succeeded(await withCosign2('sign-blob', ...services, ...by, '--bundle', 'old.json', 'file'))
      await expectSeal('old.json')
    })

    it('with the trusted root that cosign 3.1.2 makes of the PEM files', async () => {
      const start = 'start-time=2026-01-01T00:00:00Z'
      const { url } = bench.server
      succeeded(
        await run(bench, [
          ...[cosign3, 'trusted-root', 'create', '--out', 'made.json'],
          `--fulcio=url=${url},certificate-chain=fulcio.pem,${start}`,
          `--rekor=url=${url},public-key=rekor.pub,${start}`,
          `--ctfe=url=${url},public-key=ctfe.pub,${start}`,
          `--tsa=url=${url},certificate-chain=tsa.pem,${start}`,
        ]),
      )
      const made = trustRootFromJson(await readFile(join(bench.path, 'made.json'), 'utf8'))
      expect(made.timestampAuthorities).toHaveLength(1)
      const verdict = await judge(sealOf('cosign 3.1.2'))
      expect(verdict.verified).toBe(true)
      expect(await judge(sealOf('cosign 3.1.2'), { root: made })).toEqual(verdict)
    })
  })

  describe('verifies by wheelseal verify', () => {
    it.each(names)(
      'the bundle of %s that lies beside the file, without any network',
      async (name) => {
        const folder = name.replaceAll(' ', '-')
        await mkdir(join(bench.path, folder))
        for (const one of ['file', 'other'])
          await copyFile(join(bench.path, one), join(bench.path, folder, one))
        await copyFile(join(bench.path, sealOf(name)), join(bench.path, folder, 'file.sigstore.json'))
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
      'the attestation of cosign 2.2.3 in its old bundle, as an attestation alone',
      async () => {
        await writeFile(join(bench.path, 'small.json'), '{"a":1}')
        const { url } = bench.server
        const attested = await withCosign2(
          ...['attest-blob', '--yes', '--identity-token', await bench.token(), '--type', 'custom'],
          ...['--fulcio-url', url, '--rekor-url', url, '--predicate', 'small.json'],
          ...['--bundle', 'old-attestation.json', '--output-signature', 'old.intoto.jsonl', 'file'],
        )
        expect(attested.code, attested.stderr).toBe(0)
        const who = ['--certificate-identity', bench.identity, '--certificate-oidc-issuer', url]
        const bundle = ['--bundle', 'old-attestation.json']
        const given = [...bundle, '--signature', 'old.intoto.jsonl', '--type', 'custom']
        for (const [one, code] of [
          ['file', 0],
          ['other', 1],
        ] as const) {
          const asked = await withCosign2('verify-blob-attestation', ...given, ...who, one)
          expect(asked.code, asked.stderr).toBe(code)
          const verified = await alone(...bundle, one)
          expect(verified.code, verified.stderr).toBe(code)
          expect(verified.stderr).toContain(code === 0 ? '' : '[verify.attestation]')
        }
      },
      LONG_MS,
    )

    it(
      'what a policy requires of what the seal has',
      async () => {
        for (const [from, to] of [
          ['file', 'demo-1.0.tar.gz'],
          [sealOf('cosign 3.1.2'), 'demo-1.0.tar.gz.sigstore.json'],
        ] as const)
          await copyFile(join(bench.path, from), join(bench.path, to))
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
})

interface Judged {
  readonly bytes?: Uint8Array
  readonly fileName?: string | undefined
  readonly root?: TrustRoot
}

async function judge(
  bundle: string,
  { bytes = file, fileName, root = trustRoot }: Judged = {},
): Promise<Verdict> {
  return verifyBundle({
    bundle: await readFile(join(bench.path, bundle), 'utf8'),
    artifact: artifactOf(bytes, fileName),
    trustRoot: root,
    policy: { anyOf: [{ san: exactly(bench.identity), issuer: exactly(bench.server.url) }] },
  })
}

async function expectSeal(bundle: string, fileName?: string): Promise<void> {
  const verdict = await judge(bundle, { fileName })
  expect(verdict.checks.filter(({ outcome }) => outcome === 'failed')).toEqual([])
  expect(verdict.verified).toBe(true)
  expect((await judge(bundle, { bytes: Uint8Array.from([...file, 0]), fileName })).verified).toBe(false)
}

function succeeded({ code, stderr }: Outcome): void {
  expect(code, stderr).toBe(0)
}

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
