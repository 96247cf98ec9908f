import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cosign3, sigstorePython } from './judges.ts'
import { runProgram, type Outcome } from './program.ts'
import { startServerWithFiles, type Server } from './server.ts'
import { signWithJs, verifyWithJs } from './sigstore-js.ts'

/** A running server, the files beside its trust export, and who signs. */
export interface Bench {
  readonly server: Server
  /** Has the trust export, `file` and `other`. */
  readonly path: string
  readonly identity: string
  readonly stop: () => Promise<void>
  token(): Promise<string>
}

export async function openBench(): Promise<Bench> {
  const { server, path, stop } = await startServerWithFiles()
  return {
    ...{ server, path, stop },
    identity: `https://${new URL(server.url).host}/acme/tools//.gitlab-ci.yml@refs/heads/main`,
    token: async () => String((await server.admin('trust', 'token', '--project', 'acme/tools'))['token']),
  }
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
  /** Offline, by the trust export alone. */
  verify(bench: Bench, asked: Asked): Promise<Outcome>
}

export const bundleClients = {
  'cosign 3.1.2': {
    sign: async (bench, bundle) =>
      run(bench, [
        ...[cosign3, 'sign-blob', '--yes', '--identity-token', await bench.token()],
        ...['--signing-config', 'signing_config.json', '--trusted-root', 'trusted_root.json'],
        ...['--bundle', bundle, 'file'],
      ]),
    verify: (bench, { bundle, file, identity, issuer }) =>
      run(bench, [
        ...[cosign3, 'verify-blob', '--trusted-root', 'trusted_root.json', '--bundle', bundle],
        ...['--certificate-identity', identity, '--certificate-oidc-issuer', issuer, file],
      ]),
  },
  'sigstore-python 4.5.1': {
    sign: async (bench, bundle) =>
      run(bench, [
        ...[sigstorePython, '--trust-config', 'trust_config.json', 'sign'],
        ...['--identity-token', await bench.token(), '--bundle', bundle, 'file'],
      ]),
    verify: (bench, { bundle, file, identity, issuer }) =>
      run(bench, [
        ...[sigstorePython, '--trust-config', 'trust_config.json', 'verify', 'identity', '--offline'],
        ...['--bundle', bundle, '--cert-identity', identity, '--cert-oidc-issuer', issuer, file],
      ]),
  },
  'sigstore-js 5': {
    sign: async (bench, bundle) =>
      signWithJs({
        signingConfig: join(bench.path, 'signing_config.json'),
        token: await bench.token(),
        data: await readFile(join(bench.path, 'file')),
        bundle: join(bench.path, bundle),
      }),
    verify: async ({ path }, asked) =>
      verifyWithJs({
        ...asked,
        trustedRoot: join(path, 'trusted_root.json'),
        bundle: join(path, asked.bundle),
        data: await readFile(join(path, asked.file)),
      }),
  },
} as const satisfies Record<string, BundleClient>

/** In the bench's folder, which is home too: no client shares a cache with this machine. */
export function run({ path }: Bench, argv: readonly string[]): Promise<Outcome> {
  return runProgram(argv, { cwd: path, env: { HOME: path, TUF_ROOT: join(path, 'tuf'), COLUMNS: '400' } })
}
