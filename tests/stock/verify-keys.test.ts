import { execFileSync } from 'node:child_process'
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { cosign2, cosign3, present, rekorCli } from '../support/judges.ts'
import { runProgram, wheelseal, type Outcome } from '../support/program.ts'
import { startServer, temporaryFolder, type Server } from '../support/server.ts'

const LONG_MS = 120_000
const BYTES = 'the bytes of a distribution'
const SHA256 = createHash('sha256').update(BYTES).digest('hex')
const trusted = ['--trusted-root', 'trusted_root.json']

/** What openssl needs to make a key; each kind twice, so that another key of the same kind can be tried. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  'P-256': ['EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  'P-384': ['EC', '-pkeyopt', 'ec_paramgen_curve:P-384'],
  'P-521': ['EC', '-pkeyopt', 'ec_paramgen_curve:P-521'],
  'RSA-2048': ['RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
  'RSA-4096': ['RSA', '-pkeyopt', 'rsa_keygen_bits:4096'],
  Ed25519: ['ED25519'],
}
const names = Object.keys(KINDS).flatMap((kind) => [kind, `${kind}-other`])

let path: string
let server: Server

const at = (name: string): string => join(path, name)
const run = (...argv: readonly string[]): Promise<Outcome> =>
  runProgram(argv, { cwd: path, env: { HOME: path, COSIGN_PASSWORD: '', TUF_ROOT: at('tuf') } })
const verify = (...args: readonly string[]): Promise<Outcome> => run(wheelseal, 'verify', ...args, ...trusted)
const openssl = (...args: readonly string[]): Buffer =>
  execFileSync('openssl', args, { cwd: path, stdio: ['ignore', 'pipe', 'pipe'] })

/** A folder with the file, one that was altered, and nothing else. */
async function place(folder: string): Promise<string> {
  await mkdir(at(folder))
  await writeFile(at(`${folder}/file`), BYTES)
  await writeFile(at(`${folder}/altered`), BYTES.toUpperCase())
  return `${folder}/file`
}

async function expectRefused(outcome: Promise<Outcome>, reason: string): Promise<string> {
  const { code, stderr } = await outcome
  expect(code, stderr).toBe(1)
  expect(stderr).toContain(`[${reason}]`)
  expect(stderr).toMatch(/^hint: ./m)
  return stderr
}

describe.runIf(present(cosign2, cosign3, rekorCli))('wheelseal verify --key', () => {
  beforeAll(async () => {
    const folder = await temporaryFolder()
    path = folder.path
    await mkdir(at('data'))
    for (const name of names) {
      const [algorithm = '', ...options] = KINDS[name.replace('-other', '')] ?? []
      openssl('genpkey', '-algorithm', algorithm, ...options, '-out', `${name}.pem`)
      await writeFile(at(`${name}.pub`), openssl('pkey', '-in', `${name}.pem`, '-pubout'))
    }
    for (const [program, name] of [
      [cosign2, 'cosign2'],
      [cosign3, 'cosign3'],
    ] as const)
      expect(await run(program, 'generate-key-pair', '--output-key-prefix', name)).toMatchObject({ code: 0 })
    const listed = [...names, 'cosign2', 'cosign3'].map((name) => `"../${name}.pub"`)
    await writeFile(at('data/wheelseal.toml'), `[rekor]\nkeys = [${listed.join(', ')}]\n`)
    server = await startServer(at('data'))
    await server.admin('trust', 'export', '--out', path)
    return async () => {
      await server.stop()
      await folder.remove()
    }
  }, LONG_MS)

  it(
    'takes a signature of cosign 2.2.3 that lies beside the file, and asks the log for its entry',
    async () => {
      const file = await place('two')
      const by = ['--key', 'cosign2.key', '--rekor-url', server.url]
      const signed = await run(
        cosign2,
        ...['sign-blob', '--yes', ...by, '--output-signature', `${file}.sig`, file],
      )
      expect(signed.code, signed.stderr).toBe(0)
      const { code, stdout, stderr } = await verify('--key', 'cosign2.pub', file)
      expect(code, stderr).toBe(0)
      expect(stdout).toContain(`${file} was signed by the key sha256:`)
      expect(stdout).toContain(`the log entry was fetched from ${server.url}`)
      await expectRefused(verify('--key', 'P-256.pub', file), 'verify.signature')
      await copyFile(at(`${file}.sig`), at('two/altered.sig'))
      await expectRefused(verify('--key', 'cosign2.pub', 'two/altered'), 'verify.signature')
      await expectRefused(verify('--key', 'cosign2.pub', '--offline', file), 'client.verify-offline')
    },
    LONG_MS,
  )

  it.each([
    ['2.2.3, in its own form', cosign2, 'cosign2'],
    ['3.1.2', cosign3, 'cosign3'],
  ])(
    'takes a bundle of cosign %s, without asking anybody',
    async (_what, program, key) => {
      const file = await place(`bundle-${key}`)
      const bundle = `${file}.sigstore.json`
      const services =
        key === 'cosign2'
          ? ['--rekor-url', server.url]
          : ['--signing-config', 'signing_config.json', ...trusted]
      const by = ['--key', `${key}.key`, ...services, '--bundle', bundle]
      const signed = await run(program, 'sign-blob', '--yes', ...by, file)
      expect(signed.code, signed.stderr).toBe(0)
      const offline = ['--offline', '--bundle', bundle]
      for (const subject of [file, `sha256:${SHA256}`]) {
        const { code, stdout, stderr } = await verify('--key', `${key}.pub`, ...offline, subject)
        expect(code, stderr).toBe(0)
        expect(stdout).not.toContain('log entry was fetched')
      }
      await expectRefused(verify('--key', 'P-256.pub', ...offline, file), 'verify.signature')
      await expectRefused(
        verify('--key', `${key}.pub`, ...offline, `bundle-${key}/altered`),
        'verify.signature',
      )
      // Who expects an identity takes no key.
      const who = ['--certificate-identity', 'a@b.example', '--certificate-oidc-issuer', 'https://b.example']
      expect((await verify(...who, ...offline, file)).code).toBe(1)
    },
    LONG_MS,
  )

  it(
    'refuses with cosign what was kept from the log',
    async () => {
      const file = await place('unlogged')
      const unlogged = ['--yes', '--tlog-upload=false']
      const first = ['--key', 'cosign2.key', '--output-signature', `${file}.sig`]
      expect(await run(cosign2, 'sign-blob', ...unlogged, ...first, file)).toMatchObject({ code: 0 })
      const refused = await expectRefused(verify('--key', 'cosign2.pub', file), 'verify.logged')
      expect(refused).toContain('sign again with the log')
      const asked = ['--key', 'cosign2.pub', '--signature', `${file}.sig`, '--rekor-url', server.url]
      expect((await run(cosign2, 'verify-blob', ...asked, file)).code).not.toBe(0)
      const bundle = ['--bundle', `${file}.sigstore.json`]
      const third = ['--use-signing-config=false', '--key', 'cosign3.key', ...bundle]
      expect(await run(cosign3, 'sign-blob', ...unlogged, ...third, file)).toMatchObject({ code: 0 })
      await expectRefused(verify('--key', 'cosign3.pub', file), 'verify.logged')
      const judge = await run(cosign3, 'verify-blob', '--key', 'cosign3.pub', ...trusted, ...bundle, file)
      expect(judge.code).not.toBe(0)
    },
    LONG_MS,
  )

  it.each(Object.keys(KINDS).filter((kind) => kind !== 'Ed25519'))(
    'takes what openssl has signed with a key of %s, as cosign does, and no other key and file',
    async (kind) => {
      const file = await place(`openssl-${kind}`)
      const signature = openssl('dgst', '-sha256', '-sign', `${kind}.pem`, file)
      await writeFile(at(`${file}.raw`), signature)
      await writeFile(at(`${file}.sig`), signature.toString('base64'))
      const key = ['--key', `${kind}.pub`]
      await expectRefused(verify(...key, file), 'verify.logged')
      const logged = await run(rekorCli, 'upload', ...uploadArguments(kind, file))
      expect(logged.code, logged.stderr).toBe(0)
      const good = await verify(...key, file)
      expect(good.code, good.stderr).toBe(0)
      const digest = await verify(...key, '--signature', `${file}.sig`, `sha256:${SHA256}`)
      expect(digest.code, digest.stderr).toBe(0)
      const asked = [...key, '--signature', `${file}.sig`, '--rekor-url', server.url, file]
      const judge = await runProgram([cosign2, 'verify-blob', ...asked], {
        cwd: path,
        env: { HOME: path, SIGSTORE_REKOR_PUBLIC_KEY: at('rekor.pub') },
      })
      expect(judge.code, judge.stderr).toBe(0)
      await expectRefused(verify('--key', `${kind}-other.pub`, file), 'verify.signature')
      const other = ['--signature', `${file}.sig`, `openssl-${kind}/altered`]
      await expectRefused(verify(...key, ...other), 'verify.signature')
    },
    LONG_MS,
  )

  it(
    'refuses a file signed with a key of Ed25519 and says what to do, where no log and no cosign takes it',
    async () => {
      const file = await place('ed25519')
      const signature = openssl('pkeyutl', '-sign', '-inkey', 'Ed25519.pem', '-rawin', '-in', file)
      await writeFile(at(`${file}.raw`), signature)
      await writeFile(at(`${file}.sig`), signature.toString('base64'))
      for (const subject of [file, `sha256:${SHA256}`]) {
        const by = ['--key', 'Ed25519.pub', '--signature', `${file}.sig`]
        const refused = await expectRefused(verify(...by, subject), 'verify.signature')
        expect(refused).toContain('sign with a P-256 key, or attest')
      }
      expect((await run(rekorCli, 'upload', ...uploadArguments('Ed25519', file))).code).not.toBe(0)
      const asked = ['--key', 'Ed25519.pub', '--signature', `${file}.sig`, '--rekor-url', server.url]
      expect((await run(cosign2, 'verify-blob', ...asked, file)).code).not.toBe(0)
    },
    LONG_MS,
  )

  it('says which file is no public key', async () => {
    const file = await place('no-key')
    const refused = await expectRefused(verify('--key', 'P-256.pem', file), 'client.verify-key')
    expect(refused).toContain('P-256.pem')
    await expectRefused(verify('--key', 'none.pub', file), 'host.file')
  })
})

function uploadArguments(kind: string, file: string): readonly string[] {
  return [
    ...['--rekor_server', server.url, '--type', 'hashedrekord', '--artifact', file],
    ...['--artifact-hash', SHA256, '--signature', `${file}.raw`],
    ...['--public-key', `${kind}.pub`, '--pki-format', 'x509'],
  ]
}
