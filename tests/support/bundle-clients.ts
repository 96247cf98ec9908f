import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cosign3, sigstorePython } from './judges.ts'
import { runProgram, type Outcome } from './program.ts'
import { startServerWithFiles, type Server } from './server.ts'
import { signWithJs, verifyWithJs } from './sigstore-js.ts'

/** A running server, the files beside its trust export, and who signs. */
export interface Bench {
  readonly server: Server
  /** Has the trust export, `file` and `other`, and what is attested of `file`: `predicate.json` and `statement.json`. */
  readonly path: string
  readonly identity: string
  readonly stop: () => Promise<void>
  token(): Promise<string>
}

export async function openBench(): Promise<Bench> {
  const { server, path, stop } = await startServerWithFiles()
  await writeStatement(path)
  return {
    ...{ server, path, stop },
    identity: `https://${new URL(server.url).host}/acme/tools//.gitlab-ci.yml@refs/heads/main`,
    token: kept(async () =>
      String((await server.admin('trust', 'token', '--project', 'acme/tools'))['token']),
    ),
  }
}

/** Of the ten minutes that an id token is good for. */
const KEPT_MS = 120_000

/** Each token costs a start of the program. */
function kept(make: () => Promise<string>): () => Promise<string> {
  let made: Promise<string> | undefined
  let untilMs = 0
  return () => {
    if (made === undefined || performance.now() > untilMs) {
      made = make()
      untilMs = performance.now() + KEPT_MS
    }
    return made
  }
}

const PREDICATE_TYPE = 'https://slsa.dev/provenance/v1'
const STATEMENT = 'application/vnd.in-toto+json'

async function writeStatement(path: string): Promise<void> {
  const sha256 = createHash('sha256').update(await readFile(join(path, 'file')))
  const predicate = {
    buildDefinition: { buildType: 'https://example.com/build', externalParameters: {} },
    runDetails: { builder: { id: 'https://example.com/builder' } },
  }
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'file', digest: { sha256: sha256.digest('hex') } }],
    predicateType: PREDICATE_TYPE,
    predicate,
  }
  await writeFile(join(path, 'predicate.json'), JSON.stringify(predicate))
  await writeFile(join(path, 'statement.json'), JSON.stringify(statement))
}

export interface Asked {
  readonly bundle: string
  readonly file: string
  readonly identity: string
  readonly issuer: string
}

/** Unmodified clients that write and read bundles; all paths are relative to the bench. */
export interface BundleClient {
  sign(bench: Bench, bundle: string): Promise<Outcome>
  /** The statement about `file`, in a DSSE envelope, which the log keeps as an entry of kind dsse. */
  attest(bench: Bench, bundle: string): Promise<Outcome>
  /** Offline, by the trust export alone. */
  verify(bench: Bench, asked: Asked): Promise<Outcome>
  verifyAttestation(bench: Bench, asked: Asked): Promise<Outcome>
}

const cosign3Trust = ['--signing-config', 'signing_config.json', '--trusted-root', 'trusted_root.json']

const verifyWithPython: BundleClient['verify'] = (bench, { bundle, file, identity, issuer }) =>
  run(bench, [
    ...[sigstorePython, '--trust-config', 'trust_config.json', 'verify', 'identity', '--offline'],
    ...['--bundle', bundle, '--cert-identity', identity, '--cert-oidc-issuer', issuer, file],
  ])

const verifyByJs: BundleClient['verify'] = async ({ path }, asked) =>
  verifyWithJs({
    ...asked,
    trustedRoot: join(path, 'trusted_root.json'),
    bundle: join(path, asked.bundle),
    data: await readFile(join(path, asked.file)),
  })

async function signByJs(
  bench: Bench,
  bundle: string,
  { file, ...of }: { readonly file: string; readonly envelopeOf?: string },
): Promise<Outcome> {
  return signWithJs({
    signingConfig: join(bench.path, 'signing_config.json'),
    token: await bench.token(),
    data: await readFile(join(bench.path, file)),
    ...of,
    bundle: join(bench.path, bundle),
  })
}

export const bundleClients = {
  'cosign 3.1.2': {
    sign: async (bench, bundle) =>
      run(bench, [
        ...[cosign3, 'sign-blob', '--yes', '--identity-token', await bench.token()],
        ...[...cosign3Trust, '--bundle', bundle, 'file'],
      ]),
    attest: async (bench, bundle) =>
      run(bench, [
        ...[cosign3, 'attest-blob', '--yes', '--identity-token', await bench.token()],
        // Of a predicate alone it makes a statement 0.1, which sigstore-python does not read.
        ...[...cosign3Trust, '--statement', 'statement.json', '--bundle', bundle],
      ]),
    verify: (bench, { bundle, file, identity, issuer }) =>
      run(bench, [
        ...[cosign3, 'verify-blob', '--trusted-root', 'trusted_root.json', '--bundle', bundle],
        ...['--certificate-identity', identity, '--certificate-oidc-issuer', issuer, file],
      ]),
    verifyAttestation: (bench, { bundle, file, identity, issuer }) =>
      run(bench, [
        ...[cosign3, 'verify-blob-attestation', '--trusted-root', 'trusted_root.json', '--bundle', bundle],
        ...['--type', 'slsaprovenance1', '--certificate-identity', identity],
        ...['--certificate-oidc-issuer', issuer, file],
      ]),
  },
  'sigstore-python 4.5.1': {
    sign: async (bench, bundle) =>
      run(bench, [
        ...[sigstorePython, '--trust-config', 'trust_config.json', 'sign'],
        ...['--identity-token', await bench.token(), '--bundle', bundle, 'file'],
      ]),
    attest: async (bench, bundle) =>
      run(bench, [
        ...[sigstorePython, '--trust-config', 'trust_config.json', 'attest'],
        ...['--predicate', 'predicate.json', '--predicate-type', PREDICATE_TYPE],
        ...['--identity-token', await bench.token(), '--bundle', bundle, 'file'],
      ]),
    verify: verifyWithPython,
    verifyAttestation: verifyWithPython,
  },
  'sigstore-js 5': {
    sign: (bench, bundle) => signByJs(bench, bundle, { file: 'file' }),
    attest: (bench, bundle) => signByJs(bench, bundle, { file: 'statement.json', envelopeOf: STATEMENT }),
    verify: verifyByJs,
    verifyAttestation: verifyByJs,
  },
} as const satisfies Record<string, BundleClient>

/** In the bench's folder, which is home too: no client shares a cache with this machine. */
export function run({ path }: Bench, argv: readonly string[]): Promise<Outcome> {
  return runProgram(argv, { cwd: path, env: { HOME: path, TUF_ROOT: join(path, 'tuf'), COLUMNS: '400' } })
}
