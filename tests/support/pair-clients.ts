import { run, type Bench } from './bundle-clients.ts'
import { cosign2, cosign3 } from './judges.ts'
import { wheelseal, type Outcome } from './program.ts'

export interface AskedPair {
  /** The name of the files without `.sig` and `.crt`. */
  readonly pair: string
  readonly file: string
  readonly identity: string
  readonly issuer: string
}

/** Clients that write and read `.sig` and `.crt`, with `cosign.env` for their trust. */
export interface PairClient {
  readonly sign: readonly string[]
  readonly verify: readonly string[]
}

export const pairClients = {
  'cosign 2.2.3': { sign: [cosign2, 'sign-blob'], verify: [cosign2, 'verify-blob'] },
  'cosign 3.1.2': {
    sign: [cosign3, 'sign-blob', '--use-signing-config=false', '--new-bundle-format=false'],
    verify: [cosign3, 'verify-blob', '--new-bundle-format=false'],
  },
  'our face': { sign: [wheelseal, 'cosign', 'sign-blob'], verify: [wheelseal, 'cosign', 'verify-blob'] },
} as const satisfies Record<string, PairClient>

export async function signPair(bench: Bench, client: PairClient, pair: string): Promise<Outcome> {
  const { url } = bench.server
  return withTrust(bench, [
    ...[...client.sign, '--yes', `--fulcio-url=${url}`, `--rekor-url=${url}`],
    ...['--identity-token', await bench.token()],
    ...['--output-signature', `${pair}.sig`, '--output-certificate', `${pair}.crt`, 'file'],
  ])
}

export function verifyPair(bench: Bench, client: PairClient, asked: AskedPair): Promise<Outcome> {
  const { pair, file, identity, issuer } = asked
  return withTrust(bench, [
    ...[...client.verify, '--signature', `${pair}.sig`, '--certificate', `${pair}.crt`],
    ...['--certificate-identity', identity, '--certificate-oidc-issuer', issuer, file],
  ])
}

function withTrust(bench: Bench, argv: readonly string[]): Promise<Outcome> {
  return run(bench, ['bash', '-c', '. ./cosign.env && exec "$@"', 'bash', ...argv])
}
