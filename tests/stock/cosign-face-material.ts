import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cosign2, cosign3 } from '../support/judges.ts'
import { runProgram, wheelseal, type Outcome } from '../support/program.ts'
import { startServer, temporaryFolder, type Server } from '../support/server.ts'

/** A server, and the folder in which all cases run: what stock cosign signed, whole and spoilt. */
export interface Material {
  readonly path: string
  readonly url: string
  readonly identity: string
  readonly token: string
  /** Meant for another service. */
  readonly foreignToken: string
  readonly programs: Readonly<Record<Program, readonly string[]>>
  readonly stop: () => Promise<void>
}

export type Program = 'cosign 2.2.3' | 'cosign 3.1.2' | 'our face'

export async function openMaterial(): Promise<Material> {
  const { path, remove } = await temporaryFolder()
  const server = await startWithKey(path)
  await server.admin('project', 'create', 'acme/tools')
  await server.admin('trust', 'export', '--out', path)
  const { token } = await server.admin('trust', 'token', '--project', 'acme/tools')
  const foreign = await server.admin('trust', 'token', '--project', 'acme/tools', '--audience', 'other')
  const identity = `https://${new URL(server.url).host}/acme/tools//.gitlab-ci.yml@refs/heads/main`
  const stop = async (): Promise<void> => {
    await server.stop()
    await remove()
  }
  const programs = { 'cosign 2.2.3': [cosign2], 'cosign 3.1.2': [cosign3], 'our face': [wheelseal, 'cosign'] }
  const material = {
    path,
    url: server.url,
    identity,
    token: String(token),
    foreignToken: String(foreign['token']),
    programs,
    stop,
  }
  await writeAll(path, {
    file: 'the bytes of a file',
    other: 'other bytes',
    token: material.token,
    'token.newline': `${material.token}\n`,
  })
  await mkdir(join(path, 'out'))
  await sign(material)
  await spoil(path)
  return material
}

/** Its log takes a key of nobody's, `cosign.key`, besides those in certificates. */
async function startWithKey(path: string): Promise<Server> {
  succeeded(await runProgram([cosign2, 'generate-key-pair'], { cwd: path, env: { COSIGN_PASSWORD: '' } }))
  const config = join(path, 'wheelseal.toml')
  await writeFile(config, '[rekor]\nkeys = ["cosign.pub"]\n')
  return startServer(join(path, 'data'), [wheelseal], ['--config', config])
}

async function sign(material: Material): Promise<void> {
  const { path, url, token } = material
  for (const file of ['file', 'other']) {
    const stamp = ['--timestamp-server-url', `${url}/api/v1/timestamp`, '--rfc3161-timestamp', `${file}.tsr`]
    const out = ['--output-signature', `${file}.sig`, '--output-certificate', `${file}.crt`]
    const service = [`--fulcio-url=${url}`, `--rekor-url=${url}`, '--identity-token', token, '--yes']
    const argv = ['sign-blob', ...service, ...stamp, '--bundle', `${file}.bundle`, ...out, file]
    succeeded(await run(material, ['cosign 2.2.3', ...argv]))
  }
  const config = ['--signing-config', 'signing_config.json', '--trusted-root', 'trusted_root.json']
  const argv = [
    'sign-blob',
    '--yes',
    '--identity-token',
    token,
    ...config,
    '--bundle',
    'file.v3.json',
    'file',
  ]
  // Its signing config names the log; beside that it takes no address.
  succeeded(await run(material, ['cosign 3.1.2', ...argv], { env: { COSIGN_REKOR_URL: undefined } }))
  const byKey = ['--key', 'cosign.key', `--rekor-url=${url}`, '--bundle', 'key.bundle', '--yes']
  const env = { COSIGN_PASSWORD: '' }
  succeeded(await run(material, ['cosign 2.2.3', 'sign-blob', ...byKey, 'file'], { env }))
  for (const program of ['cosign 2.2.3', 'our face'] as const) {
    const initialize = ['initialize', '--mirror', `${url}/tuf`, '--root', join(path, 'root.json')]
    succeeded(
      await run(material, [program, ...initialize], {
        env: { TUF_ROOT: join(path, tufFolder(program)) },
      }),
    )
  }
}

/** The environment of a program that has run `initialize`, in a copy of what it keeps: stock cosign locks it. */
export async function initialized(
  { path }: Pick<Material, 'path'>,
  program: Program,
  copy: string,
): Promise<Record<string, string | undefined>> {
  await cp(join(path, tufFolder(program)), join(path, copy), { recursive: true })
  return { TUF_ROOT: join(path, copy), ...untold }
}

function tufFolder(program: Program): string {
  return program === 'our face' ? 'tuf-ours' : 'tuf-stock'
}

/** No variable names a trust root. */
export const untold = {
  SIGSTORE_ROOT_FILE: undefined,
  SIGSTORE_REKOR_PUBLIC_KEY: undefined,
  SIGSTORE_CT_LOG_PUBLIC_KEY_FILE: undefined,
  SIGSTORE_TSA_CERTIFICATE_FILE: undefined,
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>
  /** A file of the folder. */
  readonly stdin?: string
}

/** With the variables of `cosign.env`, and a home of its own. */
export function run(
  { path, url, programs }: Material,
  [program, ...argv]: readonly [Program, ...string[]],
  { env = {}, stdin = '/dev/null' }: RunOptions = {},
): Promise<Outcome> {
  const trust = {
    SIGSTORE_ROOT_FILE: 'fulcio.pem',
    SIGSTORE_REKOR_PUBLIC_KEY: 'rekor.pub',
    SIGSTORE_CT_LOG_PUBLIC_KEY_FILE: 'ctfe.pub',
    SIGSTORE_TSA_CERTIFICATE_FILE: 'tsa.pem',
    COSIGN_REKOR_URL: url,
  }
  return runProgram(['bash', '-c', 'exec "$@" < "$0"', stdin, ...programs[program], ...argv], {
    cwd: path,
    env: { HOME: path, XDG_DATA_HOME: join(path, 'data-home'), XDG_CACHE_HOME: path, ...trust, ...env },
  })
}

function succeeded({ code, stderr }: Outcome): void {
  if (code !== 0) throw new Error(stderr)
}

/** Other forms of the same, and what is wrong in one place. */
async function spoil(path: string): Promise<void> {
  const read = (name: string): Promise<string> => readFile(join(path, name), 'latin1')
  await writeAll(path, signatures(await read('file.sig')))
  await writeAll(path, certificates(await read('file.crt'), await read('fulcio.pem')))
  await writeAll(path, timestampChains(await read('tsa.pem'), await read('fulcio.pem')))
  const [bundle, other] = [await read('file.bundle'), await read('other.bundle')]
  await writeAll(path, bundles(JSON.parse(bundle) as Bundle, JSON.parse(other) as Bundle))
  const byKey = {
    ...(JSON.parse(await read('key.bundle')) as Bundle),
    cert: encoded(await read('cosign.pub')),
  }
  await writeAll(path, { 'stranger.bundle': JSON.stringify(byKey) })
  const exponent = bundle.replace(/"integratedTime":\d+/, (found) => `${found}e0`)
  await writeAll(path, { 'exponent.bundle': exponent })
  await writeAll(path, { 'cut.bundle': bundle.slice(0, -2), altered: 'the bytes of a filE' })
  await writeAll(path, { empty: '', page: '<html>not found</html>', yes: 'y\n', no: 'n\n' })
}

function encoded(text: string): string {
  return Buffer.from(text).toString('base64')
}

type Files = Readonly<Record<string, string | Buffer>>

async function writeAll(path: string, files: Files): Promise<void> {
  for (const [name, content] of Object.entries(files)) await writeFile(join(path, name), content)
}

function signatures(sig: string): Files {
  return {
    'sig.newline': `${sig}\n`,
    'sig.wrapped': `${sig.slice(0, 40)}\n${sig.slice(40)}\n`,
    'sig.raw': Buffer.from(sig, 'base64'),
    'sig.cut': sig.slice(0, -4),
    'sig.blank': ` ${sig}`,
  }
}

function pemBlocks(text: string): readonly string[] {
  return text.match(/-----BEGIN[^]*?-----END CERTIFICATE-----\n/g) ?? []
}

function certificates(crt: string, fulcio: string): Files {
  const pem = Buffer.from(crt, 'base64').toString()
  const der = Buffer.from(pem.replaceAll(/-----.*-----|\n/g, ''), 'base64')
  const [issuer = '', authority = ''] = pemBlocks(fulcio)
  return {
    'crt.pem': pem,
    'crt.crlf.pem': pem.replaceAll('\n', '\r\n'),
    'crt.newline': `${crt}\n`,
    'crt.der': der,
    'crt.der.b64': der.toString('base64'),
    'crt.chain.pem': pem + issuer + authority,
    'crt.chain.b64': Buffer.from(pem + issuer + authority).toString('base64'),
    'crt.text.pem': `a certificate\n${pem}`,
    'root.pem': authority,
    'issuer.pem': issuer,
    'reversed.pem': authority + issuer,
  }
}

function timestampChains(tsa: string, fulcio: string): Files {
  const [leaf = '', ...issuers] = pemBlocks(tsa)
  return {
    'tsa-issuers.pem': issuers.join(''),
    'tsa-reversed.pem': [...issuers.toReversed(), leaf].join(''),
    'tsa-leaf.pem': leaf,
    'tsa-twice.pem': leaf + tsa,
    'foreign.pem': issuers.at(-1) ?? '',
    'two-roots.pem': fulcio + (issuers.at(-1) ?? ''),
    'broken.tsr': '{"SignedRFC3161Timestamp":"MAA="}',
    'none.tsr': '{}',
  }
}

interface Bundle {
  readonly base64Signature: string
  readonly cert: string
  readonly rekorBundle: {
    readonly SignedEntryTimestamp: string
    readonly Payload: { readonly body: string; readonly integratedTime: number; readonly logIndex: number }
  }
}

/** Each differs in the one thing that its name says. */
function bundles(bundle: Bundle, other: Bundle): Files {
  const { rekorBundle } = bundle
  const { Payload: payload } = rekorBundle
  const { SignedEntryTimestamp: otherPromise, Payload: otherPayload } = other.rekorBundle
  const entry = (changes: object): object => ({ ...bundle, rekorBundle: { ...rekorBundle, ...changes } })
  const withPayload = (changes: object): object => entry({ Payload: { ...payload, ...changes } })
  const spoilt = {
    signature: { ...bundle, base64Signature: other.base64Signature },
    certificate: { ...bundle, cert: other.cert },
    'no-certificate': { ...bundle, cert: undefined },
    'no-signature': { ...bundle, base64Signature: undefined },
    'no-entry': { ...bundle, rekorBundle: undefined },
    'other-entry': { ...bundle, rekorBundle: other.rekorBundle },
    'other-promise': entry({ SignedEntryTimestamp: otherPromise }),
    'no-promise': entry({ SignedEntryTimestamp: undefined }),
    body: withPayload({ body: otherPayload.body }),
    time: withPayload({ integratedTime: payload.integratedTime + 1 }),
    index: withPayload({ logIndex: payload.logIndex + 1 }),
    log: withPayload({ logID: 'ab'.repeat(32) }),
    'plain-certificate': { ...bundle, cert: Buffer.from(bundle.cert, 'base64').toString() },
    member: { ...bundle, more: 1 },
  }
  const texts = Object.entries(spoilt).map(
    ([name, json]) => [`${name}.bundle`, JSON.stringify(json)] as const,
  )
  return { ...Object.fromEntries(texts), 'pretty.bundle': JSON.stringify(bundle, undefined, 2) }
}
