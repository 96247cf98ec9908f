import { readFileSync } from 'node:fs'
import { copyFile, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { sha256Hex, utf8 } from '../../src/base/index.ts'
import { openBench, run, type Bench } from '../support/bundle-clients.ts'
import { cosign2, cosign3, present } from '../support/judges.ts'
import { schemaProblems } from '../support/json-schema.ts'
import { root, wheelseal, type Outcome } from '../support/program.ts'

const LONG_MS = 120_000
const page = readFileSync(join(root, 'docs', 'how-to', 'verify-a-distribution.md'), 'utf8')
const schema = JSON.parse(readFileSync(join(root, 'schemas', 'verify-output.schema.json'), 'utf8')) as Record<
  string,
  unknown
>
const SDIST = 'dist/acme_tools-1.0.tar.gz'
const WHEEL = 'dist/acme_tools-1.0-py3-none-any.whl'

interface Report {
  readonly verified: boolean
  readonly reason: string
  readonly checks: readonly { readonly name: string; readonly outcome: string }[]
  readonly leftOut: readonly string[]
  readonly files: readonly { readonly file: string; readonly verified: boolean; readonly askedLog?: string }[]
}

let bench: Bench

/** What cosign 2.2.3 has signed, against `wheelseal up`. */
describe.runIf(present(cosign2, cosign3))('wheelseal verify', () => {
  beforeAll(async () => {
    bench = await openBench()
    for (const folder of ['bin', 'dist', 'altered', 'strange']) await mkdir(join(bench.path, folder))
    await symlink(cosign2, join(bench.path, 'bin', 'cosign'))
    await writeFile(join(bench.path, WHEEL), 'the bytes of a wheel')
    await writeFile(join(bench.path, SDIST), 'the bytes of an sdist')
    const { code, stderr } = await shell(blocks('sh'))
    expect(code, stderr).toBe(0)
    for (const ending of ['', '.sig', '.crt'])
      await copyFile(
        join(bench.path, `${SDIST}${ending}`),
        join(bench.path, `strange/stranger-1.0.tar.gz${ending}`),
      )
    for (const ending of ['.sig', '.crt'])
      await copyFile(
        join(bench.path, `${SDIST}${ending}`),
        join(bench.path, `altered/acme_tools-1.0.tar.gz${ending}`),
      )
    await writeFile(join(bench.path, 'altered', 'acme_tools-1.0.tar.gz'), 'the bytes of an sdisT')
    return bench.stop
  }, LONG_MS)

  it(
    'does what the commands of the page say',
    async () => {
      const text = blocks('sh')
      await rm(join(bench.path, 'kept'), { recursive: true })
      expect(text.match(/^(?:wheelseal|\s*cosign) /gm)).toHaveLength(12)
      const { code, stdout, stderr } = await shell(text)
      expect(code, stderr).toBe(0)
      expect(stdout.match(/^dist\/\S+ was signed by https:/gm)).toHaveLength(10)
      expect(stdout).toContain(`(saved as kept/${basename(WHEEL)}.sigstore.json)`)
      expect(stdout).toMatch(/^kept\/\S+ was signed by [^;\n]*$/m)
      const kept = await judge(`kept/${basename(WHEEL)}`)
      expect(kept.code, kept.stderr).toBe(0)
      expect(stdout.match(/the log entry was fetched from/g)).toHaveLength(11)
      expect(stderr).toContain(
        `wheelseal: trust root: ${bench.path}/trust/trusted_root.json (${bench.path}/wheelseal.toml)`,
      )
      expect(stderr).toContain(`wheelseal: policy: ${bench.path}/policy.toml (${bench.path}/wheelseal.toml)`)
    },
    LONG_MS,
  )

  it(
    'refuses in the words of the page',
    async () => {
      const refusals = [...page.matchAll(/```console\n\$ (.*)\n([^]*?)```/g)]
      expect(refusals).toHaveLength(3)
      for (const [, command = '', words = ''] of refusals) {
        const { code, stderr } = await shell(`url=${bench.server.url}\n${command}`)
        expect(code, command).toBe(1)
        expect(stderr).toContain(here(words).trim())
      }
    },
    LONG_MS,
  )

  it(
    'prints one object as its schema has it, whatever the end',
    async () => {
      const ours = trusted('--project', 'acme/tools')
      const pair = ['--signature', `${WHEEL}.sig`, '--certificate', `${WHEEL}.crt`]
      const digest = `sha256:${sha256Hex(utf8('the bytes of a wheel'))}`
      const badSignature = { verified: false, reason: 'sigstore.signature-file' }
      const wrongFlags = { verified: false, reason: 'client.verify-flags', files: [] }
      const endings: readonly (readonly [readonly string[], number, Partial<Report>])[] = [
        [[...ours, WHEEL, SDIST], 0, { verified: true, reason: '' }],
        [
          [...ours, WHEEL, 'altered/acme_tools-1.0.tar.gz'],
          1,
          { verified: false, reason: 'verify.signature' },
        ],
        [[...ours, WHEEL, 'nothing'], 1, { verified: false, reason: 'host.file' }],
        [[...trusted('--project', 'acme/other'), WHEEL], 1, { verified: false, reason: 'verify.identity' }],
        [[...ours, '--offline', WHEEL], 1, { verified: false, reason: 'client.verify-offline' }],
        [[...ours, '--ref', 'refs/tags/v*', WHEEL], 1, { verified: false, reason: 'verify.identity' }],
        [
          ['--trusted-root', 'fulcio.pem', '--policy', 'policy.toml', WHEEL],
          1,
          { verified: false, reason: 'client.verify-trusted-root' },
        ],
        [['--policy', 'trusted_root.json', WHEEL], 2, { verified: false, reason: 'verify.policy-file' }],
        [[...ours, ...pair, digest], 0, { verified: true }],
        [[...ours, WHEEL, `${WHEEL}.sig`, `${WHEEL}.crt`], 0, { leftOut: [`${WHEEL}.sig`, `${WHEEL}.crt`] }],
        [[...ours, '--bundle', 'policy.toml', WHEEL], 1, { verified: false, reason: 'verify.bundle' }],
        [[...ours, '--provenance', 'root.json', WHEEL], 1, { verified: false, reason: 'verify.bundle' }],
        [[...ours, '--signature', SDIST, '--certificate', `${SDIST}.crt`, SDIST], 1, badSignature],
        [
          ['--trusted-root', 'trusted_root.json', '--key', 'policy.toml', WHEEL],
          1,
          { verified: false, reason: 'client.verify-key' },
        ],
        [[...ours, 'dist'], 1, { verified: false, reason: 'verify.no-seal' }],
        [[...ours], 2, wrongFlags],
        [[...ours, '--nonsense', WHEEL], 2, wrongFlags],
        [[...ours, WHEEL, '--bundle'], 2, wrongFlags],
        [[...ours, '--key', 'rekor.pub', WHEEL], 2, wrongFlags],
        [['--certificate-identity', 'x', WHEEL], 2, { verified: false, reason: 'client.verify-expectation' }],
      ]
      for (const [args, code, report] of endings) {
        const outcome = await run(bench, [wheelseal, 'verify', '--json', ...args])
        const printed = JSON.parse(outcome.stdout) as Report
        expect(schemaProblems(schema, printed), outcome.stdout).toEqual([])
        expect(printed).toMatchObject(report)
        expect(outcome.code, args.join(' ')).toBe(code)
        expect(printed.verified).toBe(outcome.code === 0)
        expect(printed.reason === '').toBe(printed.verified)
        expect(outcome.stdout.split('\n')).toHaveLength(2)
      }
    },
    LONG_MS,
  )

  it(
    'verifies many files in one process, and tells of each',
    async () => {
      const args = trusted('--project', 'acme/tools')
      const files = [WHEEL, 'altered/acme_tools-1.0.tar.gz', SDIST]
      const { code, stdout, stderr } = await run(bench, [wheelseal, 'verify', ...args, ...files])
      expect(code).toBe(1)
      expect(stdout.trim().split('\n')).toHaveLength(2)
      expect(stderr).toContain('[verify.signature]')
      expect(stderr).toContain('wheelseal: 2 of 3 files are verified')
      const quiet = await run(bench, [wheelseal, 'verify', '--quiet', ...args, WHEEL])
      expect(quiet).toEqual({ code: 0, stdout: '', stderr: '' })
    },
    LONG_MS,
  )

  it(
    'agrees with cosign on a pattern that is anchored, and never takes a part of a name',
    async () => {
      const issuer = ['--certificate-oidc-issuer', bench.server.url, '--trusted-root', 'trusted_root.json']
      const by = (pattern: string): Promise<Outcome> =>
        run(bench, [wheelseal, 'verify', '--certificate-identity-regexp', pattern, ...issuer, SDIST])
      expect((await by('https://.*/acme/tools//.*')).code).toBe(0)
      expect((await by('acme/tools')).code).toBe(1)
    },
    LONG_MS,
  )

  it(
    'takes a trust root that was fetched, without asking for it again',
    async () => {
      const args = ['--project', 'acme/tools', '--certificate-oidc-issuer', bench.server.url]
      const from = ['--tuf-url', `${bench.server.url}/tuf`, '--tuf-root', 'root.json']
      const verify = (...more: readonly string[]): Promise<Outcome> =>
        run(bench, [wheelseal, 'verify', ...args, ...from, ...more, SDIST])
      expect((await verify()).code).toBe(0)
      // Offline the trust root is there; only the entry of a pair is not.
      expect((await verify('--offline')).stderr).toContain('[client.verify-offline]')
      const wrong = ['--tuf-root', `sha256:${'0'.repeat(64)}`]
      expect((await verify(...wrong)).stderr).toContain('[net.tuf]')
    },
    LONG_MS,
  )
})

/** The bundle that was made of a pair is one for others too. */
function judge(file: string): Promise<Outcome> {
  const by = ['--certificate-identity', bench.identity, '--certificate-oidc-issuer', bench.server.url]
  const from = ['--trusted-root', 'trusted_root.json', '--bundle', `${file}.sigstore.json`]
  return run(bench, [cosign3, 'verify-blob', ...from, ...by, file])
}

function trusted(...more: readonly string[]): readonly string[] {
  return [...more, '--certificate-oidc-issuer', bench.server.url, '--trusted-root', 'trusted_root.json']
}

function here(text: string): string {
  return text.replaceAll('127.0.0.1:7711', new URL(bench.server.url).host)
}

function blocks(language: string): string {
  const texts = [...page.matchAll(/```(\w+)\n([^]*?)```/g)].filter(([, found]) => found === language)
  return here(texts.map(([, , text = '']) => text).join('\n'))
}

/** The machine's own settings must not decide. */
function shell(text: string): Promise<Outcome> {
  const path = [join(bench.path, 'bin'), dirname(wheelseal), process.env['PATH']]
  const variables = `export PATH=${path.join(':')} WHEELSEAL_DATA=${bench.server.data} XDG_CACHE_HOME=${bench.path}/cache`
  const unset = 'unset CI_SERVER_URL WHEELSEAL_GITLAB_URL'
  return run(bench, ['bash', '-e', '-o', 'pipefail', '-c', `${unset}\n${variables}\n${text}`])
}
