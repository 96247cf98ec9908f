import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { bundleClients, openBench, run, type Bench } from '../support/bundle-clients.ts'
import { expired } from '../support/expired-token.ts'
import { schemaProblems } from '../support/json-schema.ts'
import { cosign2, cosign3, present, sigstorePython } from '../support/judges.ts'
import { root, runProgram, wheelseal, type Outcome } from '../support/program.ts'

const LONG_MS = 120_000
const page = readFileSync(join(root, 'docs', 'how-to', 'sign-distributions.md'), 'utf8')
const schema = JSON.parse(readFileSync(join(root, 'schemas', 'sign-output.schema.json'), 'utf8')) as Record<
  string,
  unknown
>
const OURS = ['--signing-config', 'signing_config.json', '--trusted-root', 'trusted_root.json']
const SEALS = ['', '.crt', '.sig', '.sigstore.json']

interface Bundle {
  readonly verificationMaterial: {
    readonly certificate: { readonly rawBytes: string }
    readonly tlogEntries: readonly unknown[]
    readonly timestampVerificationData?: { readonly rfc3161Timestamps: readonly unknown[] }
  }
}

let bench: Bench

/** Against `wheelseal up`; the judges are unmodified clients. */
describe.runIf(present(cosign2, cosign3, sigstorePython))('wheelseal sign', () => {
  beforeAll(async () => {
    bench = await openBench()
    const outcome = await sign(['--json', ...OURS, 'file', 'other'])
    expect(outcome.code, outcome.stderr).toBe(0)
    const printed = JSON.parse(outcome.stdout) as object
    expect(schemaProblems(schema, printed)).toEqual([])
    expect(printed).toMatchObject({
      files: [{ file: 'file', seal: ['file.sigstore.json', 'file.sig', 'file.crt'] }, { file: 'other' }],
      verified: true,
      identity: { project: 'acme/tools', issuer: bench.server.url },
    })
    return bench.stop
  }, LONG_MS)

  it.each(Object.keys(bundleClients) as (keyof typeof bundleClients)[])(
    'writes bundles that %s verifies, for that file only',
    async (name) => {
      const verify = (file: string, bundle: string): Promise<Outcome> =>
        bundleClients[name].verify(bench, {
          ...{ file, bundle, identity: bench.identity, issuer: bench.server.url },
        })
      for (const file of ['file', 'other']) {
        const { code, stderr } = await verify(file, `${file}.sigstore.json`)
        expect(code, stderr).toBe(0)
      }
      expect((await verify('file', 'other.sigstore.json')).code).not.toBe(0)
    },
    LONG_MS,
  )

  it.each([
    ['other', 'other', 'Verified OK'],
    ['file', 'file', 'Verified OK'],
    ['file', 'other', 'Error'],
  ])(
    'writes signatures and certificates for cosign 2.2.3: %s with those of %s is %s',
    async (file, seal, said) => {
      const command = `. ./cosign.env; ${cosign2} verify-blob --signature ${seal}.sig --certificate ${seal}.crt`
      const who = `--certificate-identity ${bench.identity} --certificate-oidc-issuer ${bench.server.url}`
      const { stderr } = await run(bench, ['sh', '-c', `${command} ${who} ${file}`])
      expect(stderr).toContain(said)
    },
    LONG_MS,
  )

  it('writes what cosign 2.2.3 writes: base64 without a line break', async () => {
    const [signature, certificate] = await Promise.all([text('file.sig'), text('file.crt')])
    expect(signature).toMatch(/^[\w+/]+=*$/)
    expect(Buffer.from(certificate, 'base64').toString()).toMatch(
      /^-----BEGIN CERTIFICATE-----\n[^]+\n-----END CERTIFICATE-----\n$/,
    )
  })

  it('uses one certificate for the files of a call, and stamps each signature', async () => {
    const [one, two] = await Promise.all([materialOf('file'), materialOf('other')])
    expect(one.certificate).toEqual(two.certificate)
    for (const material of [one, two]) {
      expect(material.timestampVerificationData?.rfc3161Timestamps).toHaveLength(1)
      expect(material.tlogEntries).toHaveLength(1)
    }
  })

  it(
    'signs files that are too large to be kept in memory by their digests, and others of several parts as they are',
    async () => {
      await copies('large')
      const parts = new Uint8Array(3 << 20).map((_, at) => at % 251)
      await writeFile(join(bench.path, 'large/a'), Buffer.alloc(17 << 20, 'a'))
      await writeFile(join(bench.path, 'large/b'), parts)
      const { code, stderr } = await sign([...OURS, 'large/a', 'large/b'])
      expect(code, stderr).toBe(0)
      const who = { identity: bench.identity, issuer: bench.server.url }
      for (const file of ['large/a', 'large/b']) {
        const asked = { ...who, file, bundle: `${file}.sigstore.json` }
        expect(await bundleClients['cosign 3.1.2'].verify(bench, asked)).toMatchObject({ code: 0 })
      }
    },
    LONG_MS,
  )

  it('says for whom the token speaks and until when, and never the token', async () => {
    const token = await bench.token()
    const { stderr, stdout } = await sign([...OURS, '--bundle-dir', 'said', 'file'], token)
    expect(stderr).toMatch(
      /the id token is for project acme\/tools, ref main, from http:\S+, valid until \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/,
    )
    expect(stdout).toMatch(/^file is signed, log index \d+: said\/file\.sigstore\.json, said\/file\.sig/)
    expect(stderr + stdout).not.toContain(token.split('.')[1])
  })

  it(
    'replaces the seals of an earlier call, and leaves nothing else behind',
    async () => {
      await copies('again')
      const files = ['again/a', 'again/b']
      expect((await sign([...OURS, ...files])).code).toBe(0)
      const before = await text('again/a.sig')
      const seals = (await readdir(join(bench.path, 'again'))).map((name) => `again/${name}`)
      const { code, stderr } = await sign([...OURS, ...seals])
      expect(code).toBe(0)
      expect(stderr).toMatch(/signature and attestation files skipped: (?:again\/[ab]\.[a-z.]+(?:, )?){6}$/m)
      expect(await text('again/a.sig')).not.toBe(before)
      expect((await readdir(join(bench.path, 'again'))).toSorted()).toEqual(
        ['a', 'b'].flatMap((name) => SEALS.map((ending) => `${name}${ending}`)),
      )
    },
    LONG_MS,
  )

  it('leaves the seals as they were where one cannot be written', async () => {
    await copies('stuck')
    expect((await sign([...OURS, 'stuck/a'])).code).toBe(0)
    const before = await text('stuck/a.sigstore.json')
    await mkdir(join(bench.path, 'stuck', 'b.crt'))
    const { code, stderr } = await sign([...OURS, 'stuck/a', 'stuck/b'])
    expect([code, stderr]).toEqual([1, expect.stringContaining('[client.sign-write]')])
    expect(await text('stuck/a.sigstore.json')).toBe(before)
    // Known before the authority is asked, which is down here.
    const unasked = await sign([...OURS, '--fulcio-url', 'http://127.0.0.1:1', 'stuck/a', 'stuck/b'])
    expect(unasked.stderr).toContain('[client.sign-write]')
    expect((await readdir(join(bench.path, 'stuck'))).toSorted()).toEqual(
      [...SEALS.map((ending) => `a${ending}`), 'b', 'b.crt'].toSorted(),
    )
  })

  it('writes nothing that does not verify by the trust root at hand', async () => {
    await copies('foreign')
    const json = JSON.parse(await text('trusted_root.json')) as Record<string, unknown>
    await writeFile(join(bench.path, 'no-logs.json'), JSON.stringify({ ...json, tlogs: [] }))
    const flags = ['--signing-config', 'signing_config.json', '--trusted-root', 'no-logs.json']
    const { code, stderr } = await sign([...flags, 'foreign/a'])
    expect(code).toBe(1)
    expect(stderr).toContain('[sign.refused]')
    expect((await readdir(join(bench.path, 'foreign'))).toSorted()).toEqual(['a', 'b'])
  })

  it('takes services by flags and by the environment, and bundles alone', async () => {
    await copies('urls')
    const { url } = bench.server
    const flags = ['--fulcio-url', url, '--rekor-url', url, '--no-legacy']
    const unverified = await sign([...flags, 'urls/a'])
    expect(unverified).toMatchObject({ code: 0 })
    expect(unverified.stderr).toContain('not verified: add --trusted-root')
    expect((await materialOf('urls/a')).timestampVerificationData).toBeUndefined()
    const variables = {
      ...{ WHEELSEAL_FULCIO_URL: url, WHEELSEAL_REKOR_URL: url },
      ...{ WHEELSEAL_TSA_URL: `${url}/api/v1/timestamp`, WHEELSEAL_TRUSTED_ROOT: 'trusted_root.json' },
    }
    expect(await sign(['--no-legacy', 'urls/b'], await bench.token(), variables)).toMatchObject({ code: 0 })
    expect((await materialOf('urls/b')).timestampVerificationData?.rfc3161Timestamps).toHaveLength(1)
    expect((await readdir(join(bench.path, 'urls'))).toSorted()).toEqual(
      ['a', 'b'].flatMap((name) => [name, `${name}.sigstore.json`]),
    )
  })

  it.each([
    ['no token', async () => '', 'sign.token-missing'],
    ['a token for another service', () => otherToken(), 'sign.token-audience'],
    ['a token that has expired', async () => expired(await bench.token()), 'sign.token-expired'],
  ])('tells of %s with the lines of a job, and writes nothing', async (_what, token, code) => {
    await copies('refused')
    const outcome = await sign([...OURS, 'refused/a'], await token())
    expect(outcome).toMatchObject({ code: 1, stdout: '' })
    expect(outcome.stderr).toContain(`[${code}]`)
    expect(outcome.stderr).toContain('id_tokens: { SIGSTORE_ID_TOKEN: { aud: sigstore } }')
    expect((await readdir(join(bench.path, 'refused'))).toSorted()).toEqual(['a', 'b'])
  })

  it('takes a token that a program pipes', async () => {
    const args = ['sign', '--identity-token-file', '-', ...OURS, '--bundle-dir', 'piped', 'file']
    const child = spawn(wheelseal, args, { cwd: bench.path, stdio: ['pipe', 'ignore', 'ignore'] })
    child.stdin.end(`${await bench.token()}\n`)
    expect(await once(child, 'close')).toEqual([0, null])
  })

  it.each([
    ['the authority', '--fulcio-url', 'http://127.0.0.1:1/'],
    ['the log', '--rekor-url', 'http://127.0.0.1:1'],
    ['the timestamp authority', '--tsa-url', 'http://127.0.0.1:1/stamp'],
  ])(
    'says that %s is down, writes nothing, and can be run again',
    async (_what, flag, url) => {
      await copies('down')
      const { code, stderr } = await sign([...OURS, flag, url, 'down/a', 'down/b'])
      expect(code).toBe(1)
      expect(stderr).toMatch(/error: http:\/\/127\.0\.0\.1:1\/.*ECONNREFUSED.* \[net\.unreachable\]/)
      expect((await readdir(join(bench.path, 'down'))).toSorted()).toEqual(['a', 'b'])
      expect((await sign([...OURS, 'down/a', 'down/b'])).code).toBe(0)
    },
    LONG_MS,
  )

  it.each([
    [['file'], 'client.sign-services'],
    [['--fulcio-url', 'http://127.0.0.1:1', 'file'], 'client.sign-services'],
    [[...OURS, 'file', './file'], 'client.sign-flags'],
    [[...OURS, '--bundle-dir', '', 'file'], 'client.sign-flags'],
  ])('calls %j wrong usage', async (args, code) => {
    const { code: exit, stderr, stdout } = await sign(['--json', ...args])
    const printed = JSON.parse(stdout) as object
    expect([exit, stderr]).toEqual([2, expect.stringContaining(`[${code}]`)])
    expect(schemaProblems(schema, printed)).toEqual([])
    expect(printed).toMatchObject({ error: { code } })
  })

  it(
    'does what the commands of the page say',
    async () => {
      await mkdir(join(bench.path, 'dist'))
      await writeFile(join(bench.path, 'dist', 'acme_tools-1.0-py3-none-any.whl'), 'a wheel')
      await writeFile(join(bench.path, 'dist', 'acme_tools-1.0.tar.gz'), 'an sdist')
      const blocks = [...page.matchAll(/```sh\n([^]*?)```/g)].map(([, block = '']) => block)
      expect(blocks).toHaveLength(5)
      const host = new URL(bench.server.url).host
      const { code, stdout, stderr } = await shell(blocks.join('').replaceAll('127.0.0.1:7711', host))
      expect(code, stderr).toBe(0)
      expect(stdout.match(/is signed, log index/g)).toHaveLength(4)
      expect(stdout.match(/^dist\/\S+ was signed by https:/gm)).toHaveLength(2)
    },
    LONG_MS,
  )
})

/** The machine's own settings must not decide. */
async function sign(
  args: readonly string[],
  token?: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  return runProgram([wheelseal, 'sign', ...args], {
    cwd: bench.path,
    env: { ...unset, SIGSTORE_ID_TOKEN: token ?? (await bench.token()), ...variables },
  })
}

const NAMES = ['TRUSTED_ROOT', 'TUF_URL', 'TUF_ROOT', 'SIGNING_CONFIG', 'FULCIO_URL', 'REKOR_URL', 'TSA_URL']
const unset = Object.fromEntries(NAMES.map((name) => [`WHEELSEAL_${name}`, '']))

function shell(commands: string): Promise<Outcome> {
  const path = `${dirname(wheelseal)}:${process.env['PATH']}`
  return runProgram(['bash', '-e', '-o', 'pipefail', '-c', commands], {
    cwd: bench.path,
    env: { ...unset, PATH: path, WHEELSEAL_DATA: bench.server.data },
  })
}

/** Two files in a folder of their own. */
async function copies(folder: string): Promise<void> {
  await rm(join(bench.path, folder), { recursive: true, force: true })
  await mkdir(join(bench.path, folder))
  for (const name of ['a', 'b']) await writeFile(join(bench.path, folder, name), `the bytes of ${name}`)
}

function text(name: string): Promise<string> {
  return readFile(join(bench.path, name), 'utf8')
}

async function materialOf(name: string): Promise<Bundle['verificationMaterial']> {
  return (JSON.parse(await text(`${name}.sigstore.json`)) as Bundle).verificationMaterial
}

async function otherToken(): Promise<string> {
  const { token } = await bench.server.admin('trust', 'token', '--project', 'acme/tools', '--audience', 'x')
  return String(token)
}
