import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { cases, readCase } from '../conformance/cases.ts'
import { openBench, run, type Bench } from '../support/bundle-clients.ts'
import { present } from '../support/judges.ts'
import { cutBy, GUARD_EXIT, runCut } from '../support/no-network.ts'
import { root, wheelseal, type Outcome } from '../support/program.ts'

const LONG_MS = 120_000
const NO_VARIABLES = { CI_SERVER_URL: '', WHEELSEAL_GITLAB_URL: '', WHEELSEAL_TRUSTED_ROOT: '' }

let bench: Bench
let who: readonly string[]
let fromRepository: readonly string[]
const fromFile = ['--trusted-root', 'trusted_root.json']

/** Where nobody can be asked, in the bench's folder, which is home too. */
function cut(...args: readonly string[]): Promise<Outcome> {
  const env = { ...NO_VARIABLES, HOME: bench.path, XDG_CACHE_HOME: '' }
  return runCut([wheelseal, 'verify', ...args], { cwd: bench.path, env })
}

beforeAll(async () => {
  bench = await openBench()
  const { server, path } = bench
  who = ['--project', 'acme/tools', '--certificate-oidc-issuer', server.url]
  fromRepository = ['--tuf-url', `${server.url}/tuf`, '--tuf-root', 'root.json']
  await writeFile(join(path, 'token'), await bench.token())
  const by = ['--identity-token-file', 'token', '--signing-config', 'signing_config.json']
  const signed = await run(bench, [wheelseal, 'sign', ...by, 'file'])
  expect(signed.code, signed.stderr).toBe(0)
  await mkdir(join(path, 'pair'))
  for (const ending of ['', '.sig', '.crt'])
    await copyFile(join(path, `file${ending}`), join(path, `pair/file${ending}`))
  return bench.stop
}, LONG_MS)

describe('without any network', () => {
  it('a bundle and a trust root are enough, with and without --offline', async () => {
    for (const more of [[], ['--offline']]) {
      const { code, stdout, stderr } = await cut(...who, ...fromFile, ...more, 'file')
      expect(code, stderr).toBe(0)
      expect(stdout).toMatch(/^file was signed by /)
    }
  })

  it('a bundle is enough by digest, by a policy and in JSON', async () => {
    const { stdout } = await cut('--json', ...who, ...fromFile, 'file')
    const { files } = JSON.parse(stdout) as { readonly files: readonly { readonly sha256: string }[] }
    const digest = `sha256:${files[0]!.sha256}`
    expect(await cut(...who, ...fromFile, '--bundle', 'file.sigstore.json', digest)).toMatchObject({
      code: 0,
    })
    for (const ending of ['', '.sigstore.json'])
      await copyFile(join(bench.path, `file${ending}`), join(bench.path, `demo-1.0.tar.gz${ending}`))
    await writeFile(join(bench.path, 'policy.toml'), policy())
    const byPolicy = await cut('--policy', 'policy.toml', ...fromFile, 'demo-1.0.tar.gz')
    expect(byPolicy.code, byPolicy.stderr).toBe(0)
  })

  it('an altered file is refused for that, and not for the network', async () => {
    const args = [...who, ...fromFile, '--bundle', 'file.sigstore.json', 'other']
    expect(await cut(...args)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('[verify.signature]'),
    })
  })

  it('a signature and a certificate are refused with --offline, and it says what to do', async () => {
    const { code, stderr } = await cut(...who, ...fromFile, '--offline', 'pair/file')
    expect([code, stderr]).toEqual([1, expect.stringContaining('with --offline the log is not asked')])
    expect(stderr).toContain('[client.verify-offline]\n')
    expect(stderr).toContain('hint: verify with the bundle X.sigstore.json')
  })

  it('no seal is no seal', async () => {
    expect(await cut(...who, ...fromFile, '--offline', 'other')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('[verify.no-seal]'),
    })
  })

  it('the trust root of a repository is there once it was fetched, and not before', async () => {
    const never = await cut(...who, ...fromRepository, '--offline', 'file')
    expect([never.code, never.stderr]).toEqual([1, expect.stringContaining('[net.tuf-offline]')])
    const once = await run(bench, [wheelseal, 'verify', ...who, ...fromRepository, 'file'])
    expect(once.code, once.stderr).toBe(0)
    // Fetched into the same home.
    const kept = await cut(...who, ...fromRepository, '--offline', 'file')
    expect(kept.code, kept.stderr).toBe(0)
    expect(kept.stderr).not.toContain('expired')
  })

  it('a trust root that was kept and has run out is taken with --offline, and named', async () => {
    const caches = join(bench.path, '.cache', 'wheelseal', 'tuf')
    for (const name of await readdir(caches)) {
      const file = join(caches, name, 'timestamp.json')
      const text = await readFile(file, 'utf8')
      await writeFile(file, text.replace(/"expires": "[^"]+"/, '"expires": "2020-01-01T00:00:00Z"'))
    }
    const { code, stderr } = await cut(...who, ...fromRepository, '--offline', 'file')
    expect(code, stderr).toBe(0)
    expect(stderr).toContain(
      `the cached trust root of ${bench.server.url}/tuf expired at 2020-01-01T00:00:00Z`,
    )
  })
})

describe.runIf(present(cases))('without any network, for public Sigstore', () => {
  const { san, issuer, bundlePath, artifactPath } = readCase('happy-path-v0.3')
  const args = ['--certificate-identity', san, '--certificate-oidc-issuer', issuer, '--bundle', bundlePath]

  it('the trust root that was shipped is enough with --offline', async () => {
    const { code, stderr } = await cut(...args, '--offline', artifactPath)
    expect(code, stderr).toBe(0)
    expect(stderr).toContain('trust root: public Sigstore (default)')
  })

  it('and without --offline it is said that its repository cannot be reached', async () => {
    const { code, stderr } = await cut(...args, artifactPath)
    expect(code).toBe(cutBy === 'namespace' ? 1 : GUARD_EXIT)
    if (cutBy === 'namespace') {
      expect(stderr).toContain('[net.unreachable]')
      expect(stderr).toContain('for public Sigstore without a network add --offline')
    }
  })
})

describe('the cut itself', () => {
  it('cuts: what needs the log fails there as unreachable, and nowhere else', async () => {
    const args = [...who, ...fromFile, 'pair/file']
    const open = await run(bench, [wheelseal, 'verify', ...args])
    expect(open.code, open.stderr).toBe(0)
    expect(open.stdout).toContain(`the log entry was fetched from ${bench.server.url}`)
    const { code, stderr } = await cut(...args)
    expect(code).toBe(cutBy === 'namespace' ? 1 : GUARD_EXIT)
    expect(stderr).toContain(cutBy === 'namespace' ? '[net.unreachable]' : 'no-network-guard')
  })

  it('has a guard in its place that ends a program that asks, and no other', async () => {
    // The guard is loaded by Node, whatever the other tests run.
    const onNode = join(root, 'bin', 'wheelseal')
    const options = { cwd: bench.path, env: { HOME: bench.path } }
    const by = async (...args: readonly string[]): Promise<number | null> =>
      (await runCut([onNode, 'verify', ...who, ...fromFile, ...args], options, 'guard')).code
    expect(await by('file')).toBe(0)
    expect(await by('pair/file')).toBe(GUARD_EXIT)
  })
})

function policy(): string {
  return `version = 1
[[rules]]
names = ["demo"]
[[rules.any_of]]
issuer = "${bench.server.url}"
project = "acme/tools"
refs = ["refs/heads/main"]
`
}
